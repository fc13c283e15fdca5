import { toError } from '../errors.js';
import type { Logger } from '../logging.js';
import type { JobLocks } from './ports.js';

export interface TurnOptions {
  locks: JobLocks;
  /** For this long the others have none, milliseconds. */
  ttlMs: number;
  log: Logger;
}

/**
 * Takes turns at what every instance may do and one is enough for: true when it is our turn. It is that too when the locks
 * cannot be reached, for twice is better than not at all. A turn is not given back; it passes.
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
