import { setTimeout as pause } from 'node:timers/promises';

import { adapters } from './stores.js';

const POLL_MS = 25;
const WITHIN_MS = 20_000 * adapters.patience;

/**
 * Look again and again until what is seen satisfies a condition.
 *
 * @param what is waited for, in words, for the error
 * @returns what was seen at last
 * @throws when it does not happen within `withinMs` (default 20 s, times the adapters' patience); says what was seen instead
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
