import { setTimeout as pause } from 'node:timers/promises';

import { adapters } from './stores/stores.js';

const POLL_MS = 25;
const WITHIN_MS = 20_000 * adapters.patience;

/**
 * Calls `look` repeatedly until its result satisfies a condition.
 *
 * @param what a description of the condition, for the error
 * @returns the result that satisfies the condition
 * @throws Error no result satisfied it within `withinMs` (default 20 s, times the adapters' patience)
 */
export async function eventually<Seen>(
  what: string,
  look: () => Seen | Promise<Seen>,
  until: (seen: Seen) => boolean,
  withinMs = WITHIN_MS,
): Promise<Seen> {
  const end = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (until(seen)) return seen;
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}; last seen: ${JSON.stringify(seen)}`);
    await pause(POLL_MS);
  }
}
