import { type Clock, within } from '../../clock.js';
import { LocksUnavailableError } from '../../errors.js';

/** How long commands are waited for, milliseconds. */
const LIMIT_MS = 1_000;

/**
 * Run some commands and wait for them, though not for ever.
 *
 * @param work its signal is aborted when nothing waits for its result any more: it has to give back what it acquires from then on
 * @throws LocksUnavailableError the work failed or took longer than `limitMs` (retryable)
 */
export type Ask = <Result>(work: (signal: AbortSignal) => Promise<Result>, limitMs?: number) => Promise<Result>;

export function createAsk(clock: Pick<Clock, 'after'>): Ask {
  return async (work, limitMs = LIMIT_MS) => {
    try {
      return await within(limitMs, clock, work);
    } catch (cause) {
      throw new LocksUnavailableError('Redis could not be reached', { cause });
    }
  };
}
