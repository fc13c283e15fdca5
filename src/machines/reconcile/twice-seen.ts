import type { Clock } from '../../clock.js';

/**
 * Observations that count only if they were made before, are unchanged since, and were first made long enough ago.
 *
 * @param clock monotonic, because a wall clock may step between two looks
 */
export function createTwiceSeen(clock: Pick<Clock, 'monotonic'>) {
  const firsts = new Map<string, { mark: string; at: number }>();
  return {
    /**
     * Note an observation.
     *
     * @param mark must be the same at every look; another mark starts again
     * @param apartMs minimum age of the first look, milliseconds
     * @returns whether the observation counts; always false at the first look
     */
    see(key: string, mark: string, apartMs: number): boolean {
      const first = firsts.get(key);
      if (first?.mark === mark) return clock.monotonic() - first.at >= apartMs;
      firsts.set(key, { mark, at: clock.monotonic() });
      return false;
    },
    forget: (key: string) => void firsts.delete(key),
    /** Forget all keys but these. */
    keep(keys: ReadonlySet<string>): void {
      for (const key of firsts.keys()) if (!keys.has(key)) firsts.delete(key);
    },
    /** Keys that were noted and not forgotten. */
    keys: () => [...firsts.keys()],
  };
}
