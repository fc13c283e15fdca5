import { setTimeout as delay } from 'node:timers/promises';

/**
 * Calls `ask` until its answer is neither false nor undefined, and returns the answer.
 *
 * @throws Error no such answer came in time; an error of `ask` is thrown at once
 */
export async function poll<T>(
  what: string,
  timeoutMs: number,
  ask: () => T | Promise<T>,
  everyMs = 50,
): Promise<Exclude<T, false | undefined>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer as Exclude<T, false | undefined>;
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await delay(everyMs);
  }
}
