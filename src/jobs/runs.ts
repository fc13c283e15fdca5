import { once } from 'node:events';

import { type Clock, sleep } from '../clock.js';
import { toError } from '../errors.js';
import { holdLock, JOB_LOCK_TTL_MS } from '../held-lock.js';
import type { Logger } from '../logging.js';
import { jobFailed, jobRan } from '../observability/events.js';
import type { Counts, Job } from './job.js';
import type { JobLocks } from './locks.js';

/** The result of one run of a job. */
export type JobRun = {
  /** Epoch milliseconds. */
  startedAt: number;
  /** Epoch milliseconds. */
  finishedAt: number;
  /** The instance that ran the job. */
  instance: string;
} & ({ counts: Counts } | { error: string });

/**
 * Stores the last run of each job, on whichever instance it ran.
 *
 * @throws StoreUnavailableError from every method (retryable)
 */
export interface JobRuns {
  /** Replace the stored run of the job. Safe to repeat. */
  save(name: string, run: JobRun): Promise<void>;
  /** @returns undefined when the job has never run */
  load(name: string): Promise<JobRun | undefined>;
}

/** The outcome of an attempt to run a job. `held`: another instance runs it. */
export type Outcome = 'ran' | 'held' | 'failed' | 'stopped';

export type Run = ReturnType<typeof startRun>;

export interface RunOptions {
  locks: JobLocks;
  runs: JobRuns;
  clock: Clock;
  /** Id of this process, stored with each run. */
  instance: string;
  log: Logger;
}

/** How long an aborted run may take to end, milliseconds. */
const CUT_GRACE_MS = 2_000;

/**
 * Run a job under its lock and store the result. A run that is aborted, because its lock is lost or the program stops, is not
 * stored: another instance or the next start repeats it.
 */
export function startRun(job: Job, { locks, runs, clock, instance, log }: RunOptions) {
  const cut = new AbortController();
  let isStopped = false;

  return {
    /** Resolves with the outcome; never rejects. */
    done: underLock(),
    /** Abort the run: it should begin no new work, and `done` waits for it no longer than a grace period. */
    stop(): void {
      isStopped = true;
      cut.abort(new Error('The program stops'));
    },
  };

  async function underLock(): Promise<Outcome> {
    try {
      const onLost = (reason: Error) => cut.abort(reason);
      const lock = await holdLock(job.name, { locks, ttlMs: JOB_LOCK_TTL_MS, clock, log, onLost });
      if (lock === undefined) {
        log.debug({ job: job.name }, 'job runs elsewhere');
        return 'held';
      }
      try {
        await work();
      } finally {
        await lock.release();
      }
      return 'ran';
    } catch (error) {
      if (isStopped) return 'stopped';
      jobFailed(log, { job: job.name, err: toError(error) });
      return 'failed';
    }
  }

  async function work(): Promise<void> {
    cut.signal.throwIfAborted();
    const startedAt = clock.now();
    const from = clock.monotonic();
    const keep = async (end: { counts: Counts } | { error: string }) => {
      if (!cut.signal.aborted) await save({ startedAt, finishedAt: clock.now(), instance, ...end });
    };
    try {
      const counts = await unlessCut(job.run(cut.signal), cut.signal, clock);
      jobRan(log, { job: job.name, ms: Math.round(clock.monotonic() - from), counts });
      await keep({ counts });
    } catch (error) {
      await keep({ error: toError(error).message });
      throw error;
    }
  }

  async function save(run: JobRun): Promise<void> {
    await runs.save(job.name, run).catch((error: unknown) => {
      log.warn({ job: job.name, err: toError(error) }, 'the end of a job is not stored');
    });
  }
}

/**
 * Returns the result of the work, unless the work is aborted.
 *
 * @throws the reason of `cut`, once the aborted work has ended or the grace period is over
 */
async function unlessCut(working: Promise<Counts>, cut: AbortSignal, clock: Clock): Promise<Counts> {
  const ended = new AbortController();
  const givenUp = once(cut, 'abort', { signal: ended.signal })
    .then(() => sleep(CUT_GRACE_MS, clock, ended.signal))
    .then(() => Promise.reject<Counts>(toError(cut.reason)));
  try {
    const counts = await Promise.race([working, givenUp]);
    cut.throwIfAborted();
    return counts;
  } finally {
    ended.abort();
  }
}
