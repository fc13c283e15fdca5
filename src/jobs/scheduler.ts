import { JOB_LOCK_TTL_MS } from '../held-lock.js';
import type { Job, JobName } from './job.js';
import { type Outcome, type Run, type RunOptions, startRun } from './runs.js';
import { createTicker, type Ticker, type TickerOptions } from './ticker.js';

export interface SchedulerOptions extends RunOptions {
  jobs: readonly Job[];
  /** Creates the source of ticks. Default: one that uses Bree. */
  ticker?: (options: TickerOptions) => Ticker;
}

export type Scheduler = ReturnType<typeof createScheduler>;

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/** Runs each job at its ticks, one run of a job at a time. A run that fails in an outage does not prevent later runs. */
export function createScheduler({ jobs, ticker: tickerOf = createTicker, ...options }: SchedulerOptions) {
  const { clock, log } = options;
  const running = new Map<JobName, Run>();
  const retries = new Map<JobName, () => void>();
  let isClosed = false;
  const ticker = tickerOf({
    rounds: jobs,
    log,
    onTick(name) {
      if (!isClosed) void run(jobOf(name));
    },
  });

  return {
    /** Start the ticks and run the jobs with `atStart`. Does not wait for these runs. */
    async start(): Promise<void> {
      await ticker.start();
      for (const job of jobs) if (job.atStart) void insist(job);
    },
    /**
     * Run a job now, or when its current run has ended. A failed run is repeated soon, until one succeeds.
     *
     * @returns the outcome of the first attempt
     */
    async runNow(name: JobName): Promise<Outcome> {
      // The current run may have read its data before the reason for this call arose.
      await running.get(name)?.done;
      return insist(jobOf(name));
    },
    /** Stop the ticks, abort the current runs and free their locks. */
    async close(): Promise<void> {
      isClosed = true;
      for (const cancel of retries.values()) cancel();
      for (const run of running.values()) run.stop();
      await Promise.all([ticker.stop(), ...[...running.values()].map(({ done }) => done)]);
    },
  };

  function jobOf(name: string): Job {
    const job = jobs.find((each) => each.name === name);
    if (job === undefined) throw new Error(`There is no job ${name}`);
    return job;
  }

  async function run(job: Job): Promise<Outcome> {
    const current = running.get(job.name);
    if (current !== undefined) return current.done;
    const run = startRun(job, options);
    running.set(job.name, run);
    const outcome = await run.done;
    running.delete(job.name);
    if (outcome === 'ran') retries.get(job.name)?.();
    return outcome;
  }

  async function insist(job: Job, tries = 1, wasHeld = false): Promise<Outcome> {
    if (isClosed) return 'stopped';
    const outcome = await run(job);
    // If the lock is still held after its full lifetime, a live instance extends it and runs the job.
    const isOver = outcome === 'ran' || (outcome === 'held' && wasHeld);
    if (isOver || isClosed) return outcome;
    const pauseMs = outcome === 'held' ? JOB_LOCK_TTL_MS : Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LAST_RETRY_MS);
    retries.get(job.name)?.();
    retries.set(
      job.name,
      clock.after(pauseMs, () => void insist(job, tries + 1, outcome === 'held')),
    );
    return outcome;
  }
}
