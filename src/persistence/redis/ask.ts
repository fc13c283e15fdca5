import { ReplyError } from 'ioredis';

import { type Clock, within } from '../../clock.js';
import { LocksUnavailableError } from '../../errors.js';

/** Default time limit of the commands of one call, milliseconds. */
const LIMIT_MS = 1_000;

/**
 * Run some Redis commands with a time limit.
 *
 * @param work its signal is aborted when the time is over; from then on `work` must release each lock that it still acquires
 * @throws LocksUnavailableError the work failed or took longer than `limitMs` (retryable)
 */
export type Ask = <Result>(work: (signal: AbortSignal) => Promise<Result>, limitMs?: number) => Promise<Result>;

export function createAsk(clock: Pick<Clock, 'after'>): Ask {
  return async (work, limitMs = LIMIT_MS) => {
    try {
      return await within(limitMs, clock, work);
    } catch (cause) {
      const refused = cause instanceof ReplyError;
      throw new LocksUnavailableError(refused ? 'Redis refused a command' : 'Redis could not be reached', { cause, refused });
    }
  };
}
