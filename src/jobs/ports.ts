import type { Counts } from './job.js';

/**
 * At most one instance does a thing at a time. Losing is a result.
 *
 * @throws LocksUnavailableError every method: an outage, never to be read as "held" (retryable)
 */
export interface JobLocks {
  /** One try. @param ttlMs lifetime of the lock, 1 or more @returns the lock's value; undefined when another holds it */
  acquire(name: string, ttlMs: number): Promise<string | undefined>;
  /** @returns false when the lock has another value or is gone */
  extend(name: string, value: string, ttlMs: number): Promise<boolean>;
  /** Free the lock if it still has this value; anything else is left alone. */
  release(name: string, value: string): Promise<void>;
}

/** How a job's run ended. */
export type JobRun = {
  /** Epoch milliseconds. */
  startedAt: number;
  /** Epoch milliseconds. */
  finishedAt: number;
  /** Where it ran. */
  instance: string;
} & ({ counts: Counts } | { error: string });

/**
 * The last run of each job, whichever instance did it.
 *
 * @throws StoreUnavailableError every method, retryable
 */
export interface JobRuns {
  /** In place of the run before it. May be repeated. */
  save(name: string, run: JobRun): Promise<void>;
  /** undefined: it has never run. */
  load(name: string): Promise<JobRun | undefined>;
}
