import type { Clock } from '../../clock.js';

/**
 * Sights that count only when they were seen before, are unchanged since, and were first seen long enough ago.
 *
 * @param clock monotonic, because a wall clock may step between two looks
 */
export function createTwiceSeen(clock: Pick<Clock, 'monotonic'>) {
  const firsts = new Map<string, { mark: string; at: number }>();
  return {
    /**
     * Note a sight.
     *
     * @param mark what must be the same at every look; another one begins anew
     * @param apartMs how long ago the first look must be, milliseconds
     * @returns whether the sight counts; never at the first look
     */
    see(key: string, mark: string, apartMs: number): boolean {
      const first = firsts.get(key);
      if (first?.mark === mark) return clock.monotonic() - first.at >= apartMs;
      firsts.set(key, { mark, at: clock.monotonic() });
      return false;
    },
    forget: (key: string) => void firsts.delete(key),
    /** Forget all but these. */
    keep(keys: ReadonlySet<string>): void {
      for (const key of firsts.keys()) if (!keys.has(key)) firsts.delete(key);
    },
    /** Those that were seen and not forgotten. */
    keys: () => [...firsts.keys()],
  };
}
