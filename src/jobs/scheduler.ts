import { JOB_LOCK_TTL_MS } from '../held-lock.js';
import type { Job, JobName } from './job.js';
import { type Outcome, type Run, type RunOptions, startRun } from './runs.js';
import { createTicker, type Ticker, type TickerOptions } from './ticker.js';

export interface SchedulerOptions extends RunOptions {
  jobs: readonly Job[];
  /** Default: Bree's. */
  ticker?: (options: TickerOptions) => Ticker;
}

export type Scheduler = ReturnType<typeof createScheduler>;

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/** Runs each job at its ticks, one run of a job at a time. An outage costs the runs that it meets and no others. */
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
    /** Start the ticks, and those jobs that run at start. Waits for no run. */
    async start(): Promise<void> {
      await ticker.start();
      for (const job of jobs) if (job.atStart) void insist(job);
    },
    /**
     * Run a job now, or after its run that is under way. A run that fails is repeated soon, until one ends well.
     *
     * @returns how the first try ended
     */
    async runNow(name: JobName): Promise<Outcome> {
      // The run under way may have looked before there was a reason to run now.
      await running.get(name)?.done;
      return insist(jobOf(name));
    },
    /** Stop ticking, cut the runs short and free their locks. */
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
    // A lock that outlives its lifetime is extended by a live instance, which runs the job.
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
