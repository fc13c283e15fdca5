import { setImmediate as turn } from 'node:timers/promises';

import type { Clock } from '../../src/clock.js';

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  /** Advances the time at once, and fires each due timer at its own time, the earliest first. */
  advance(ms: number): void;
  /** Like `advance`, but lets promises and immediates run before the next timer fires. */
  run(ms: number): Promise<void>;
  /** Moves only the wall clock, forwards or backwards; timers and `monotonic` are not affected. */
  jump(ms: number): void;
  /** The number of armed timers. */
  pending(): number;
}

interface Timer {
  at: number;
  run: () => void;
}

/** @param startAt first time of the wall clock, epoch milliseconds; the monotonic clock begins at 0 */
export function createTestClock(startAt = Date.UTC(2026, 0, 1)): TestClock {
  const timers = new Set<Timer>();
  let offset = startAt;
  let elapsed = 0;

  return {
    now: () => offset + elapsed,
    monotonic: () => elapsed,
    after(delayMs, run) {
      const timer = { at: elapsed + Math.max(delayMs, 0), run };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    advance(ms) {
      const end = elapsed + ms;
      while (fireNext(end));
      elapsed = end;
    },
    async run(ms) {
      const end = elapsed + ms;
      do await turn();
      while (fireNext(end));
      elapsed = end;
      await turn();
    },
    jump(ms) {
      offset += ms;
    },
    pending: () => timers.size,
  };

  /** Fires the earliest timer due by `end`, among equal ones the one armed first. @returns false when no timer is due */
  function fireNext(end: number): boolean {
    let nearest: Timer | undefined;
    for (const timer of timers) if (timer.at <= end && (nearest === undefined || timer.at < nearest.at)) nearest = timer;
    if (nearest === undefined) return false;
    timers.delete(nearest);
    elapsed = Math.max(elapsed, nearest.at);
    nearest.run();
    return true;
  }
}
