import { toError } from '../errors.js';
import type { Log } from '../logging.js';

/**
 * Locks that let at most one instance do a job at a time. A lock of another instance is a result, not an error.
 *
 * @throws LocksUnavailableError from every method: the lock service does not answer, which never means "held" (retryable)
 */
export interface JobLocks {
  /** Try once to acquire the lock. @param ttlMs lifetime, milliseconds, 1 or more @returns the lock value; undefined when held */
  acquire(name: string, ttlMs: number): Promise<string | undefined>;
  /** Extend the lock. @returns false when it has another value or does not exist */
  extend(name: string, value: string, ttlMs: number): Promise<boolean>;
  /** Free the lock if it still has this value; otherwise do nothing. */
  release(name: string, value: string): Promise<void>;
}

export interface TurnOptions {
  locks: Pick<JobLocks, 'acquire'>;
  /** After one instance got a turn, no instance gets another one for this time, milliseconds. */
  ttlMs: number;
  log: Log;
}

/**
 * Lets one instance at a time do work that every instance could do.
 *
 * @returns a function that requests a turn: true if this instance gets it, and also if the lock service does not answer, since
 *   doing the work twice is better than not at all. A turn ends only by expiring
 */
export function createTurn(name: string, { locks, ttlMs, log }: TurnOptions): () => Promise<boolean> {
  return async () => {
    try {
      return (await locks.acquire(name, ttlMs)) !== undefined;
    } catch (error) {
      log.debug({ turn: name, err: toError(error) }, 'done without a turn');
      return true;
    }
  };
}
