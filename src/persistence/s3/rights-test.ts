import type { Clock } from '../../clock.js';

const TESTED_EVERY_MS = 60_000;
const REPEATED_AFTER_MS = 10_000;

/**
 * A test that runs once a minute, or 10 seconds after it failed. In between, and while it runs, every call gets the newest outcome.
 *
 * @throws from the returned function: the error of `test`
 */
export function createRightsTest(test: () => Promise<void>, clock: Pick<Clock, 'monotonic'>): () => Promise<void> {
  let outcome = Promise.resolve();
  let dueAt = -Infinity;

  return () => {
    if (clock.monotonic() < dueAt) return outcome;
    dueAt = clock.monotonic() + TESTED_EVERY_MS;
    outcome = test().catch((error: unknown) => {
      dueAt = clock.monotonic() + REPEATED_AFTER_MS;
      throw error;
    });
    return outcome;
  };
}
