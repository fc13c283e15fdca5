import type { Clock } from '../clock.js';
import { toError } from '../errors.js';
import { holdLock, JOB_LOCK_TTL_MS } from '../held-lock.js';
import type { Logger } from '../logging.js';
import type { Counts, Job } from './job.js';
import type { JobLocks, JobRun, JobRuns } from './ports.js';

/** `held`: another instance is at it. */
export type Outcome = 'ran' | 'held' | 'failed' | 'stopped';

export interface Run {
  /** Never rejects. */
  done: Promise<Outcome>;
  /** Have it end soon: it begins nothing new, and after a grace it is waited for no longer. */
  stop(): void;
}

export interface RunOptions {
  locks: JobLocks;
  runs: JobRuns;
  clock: Clock;
  /** Names this process in the records. */
  instance: string;
  log: Logger;
}

/** How long a run that was cut short may take to notice, milliseconds. */
const CUT_GRACE_MS = 2_000;

/**
 * Run a job under its lock, and keep how it ended. A run that is cut short, because its lock is lost or the program stops, is
 * not kept: somebody repeats it.
 */
export function startRun(job: Job, { locks, runs, clock, instance, log }: RunOptions): Run {
  const cut = new AbortController();
  let isStopped = false;

  return {
    done: underLock(),
    stop() {
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
      log.warn({ job: job.name, err: toError(error) }, 'job failed');
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
      const counts = await unlessCut(job.run(cut.signal));
      log.info({ job: job.name, ms: Math.round(clock.monotonic() - from), counts }, 'job ran');
      await keep({ counts });
    } catch (error) {
      await keep({ error: toError(error).message });
      throw error;
    }
  }

  async function save(run: JobRun): Promise<void> {
    await runs.save(job.name, run).catch((error: unknown) => {
      log.warn({ job: job.name, err: toError(error) }, 'how a job ended is not kept');
    });
  }

  /** What the work gives, if it was not cut short. @throws why it was, as soon as it has ended or the grace is over */
  async function unlessCut(working: Promise<Counts>): Promise<Counts> {
    let cancel = (): void => undefined;
    const givenUp = new Promise<never>((_, reject) => {
      const giveUp = () => reject(toError(cut.signal.reason));
      cut.signal.addEventListener('abort', () => (cancel = clock.after(CUT_GRACE_MS, giveUp)), { once: true });
    });
    try {
      const counts = await Promise.race([working, givenUp]);
      cut.signal.throwIfAborted();
      return counts;
    } finally {
      cancel();
    }
  }
}
