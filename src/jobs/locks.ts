import { toError } from '../errors.js';
import type { Log } from '../logging.js';

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

export interface TurnOptions {
  locks: Pick<JobLocks, 'acquire'>;
  /** For this long after a turn the others get none, milliseconds. */
  ttlMs: number;
  log: Log;
}

/**
 * Takes turns at work that every instance may do and one is enough for.
 *
 * @returns asks for a turn: true when it is ours, and while the locks cannot be reached, for twice is better than not at all. A
 *   turn is not given back; it passes
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
