import { systemClock } from '../../clock.js';
import { LocksUnavailableError } from '../../errors.js';

const LIMIT_MS = 1_000;

/**
 * Run some commands and wait for them, though not for ever.
 *
 * @param work is told by `isLate` that nobody waits any more: what it acquires from then on it has to give back
 * @throws LocksUnavailableError the work failed or took longer than `limitMs` (retryable)
 */
export async function ask<Result>(work: (isLate: () => boolean) => Promise<Result>, limitMs = LIMIT_MS): Promise<Result> {
  let isLate = false;
  let cancel = (): void => undefined;
  const limit = new Promise<never>((_, reject) => {
    cancel = systemClock.after(limitMs, () => {
      isLate = true;
      reject(new Error(`No answer within ${limitMs} ms`));
    });
  });
  try {
    return await Promise.race([work(() => isLate), limit]);
  } catch (cause) {
    throw new LocksUnavailableError('Redis could not be reached', { cause });
  } finally {
    cancel();
  }
}
