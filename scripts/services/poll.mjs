import { setTimeout as delay } from 'node:timers/promises';

/**
 * Ask until the answer is neither false nor undefined, and return it.
 *
 * @throws Error when it never is; an error of `ask` ends the wait at once
 */
export async function poll(what, timeoutMs, ask, everyMs = 50) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await delay(everyMs);
  }
}
