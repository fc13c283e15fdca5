import { setImmediate as turn } from 'node:timers/promises';

import type { Clock } from '../../src/clock.js';

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  /** Let time pass at once, firing each timer that falls due at its own instant, nearest first. */
  advance(ms: number): void;
  /** As `advance`, but what each timer started may go on (promises, immediates) before the next one fires. */
  run(ms: number): Promise<void>;
  /** Step the wall clock alone, back or forth: timers and `monotonic` do not notice. */
  jump(ms: number): void;
  /** How many timers are armed. */
  pending(): number;
}

interface Timer {
  at: number;
  run: () => void;
}

/** @param startAt epoch milliseconds the wall clock begins at; the monotonic clock begins at 0 */
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

  /** The nearest timer due by `end`; of equal ones the one armed first. */
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
