import { describe, expect, it } from 'vitest';

import { createTestClock } from './test-clock.js';

describe('the test clock', () => {
  it('stands still until it is moved', () => {
    const clock = createTestClock(1_000);
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
    clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250]);
  });

  it('fires timers at their own times, the earliest first, including timers that another timer armed', () => {
    const clock = createTestClock(0);
    const fired: [string, number][] = [];
    const note = (name: string) => () => fired.push([name, clock.now()]);
    clock.after(30, note('late'));
    clock.after(10, () => {
      note('early')();
      clock.after(5, note('on the way'));
      clock.after(500, note('too late'));
    });
    clock.after(10, note('tie'));
    clock.advance(100);
    expect(fired).toEqual([
      ['early', 10],
      ['tie', 10],
      ['on the way', 15],
      ['late', 30],
    ]);
    expect([clock.now(), clock.pending()]).toEqual([100, 1]);
  });

  it('does not fire a cancelled timer, and a timer can be cancelled twice', () => {
    const clock = createTestClock();
    const cancel = clock.after(10, () => expect.unreachable());
    cancel();
    cancel();
    clock.advance(100);
    expect(clock.pending()).toBe(0);
  });

  it('lets the promises of one timer continue before the next timer fires', async () => {
    const clock = createTestClock(0);
    const seen: number[] = [];
    const tick = async (): Promise<void> => {
      await Promise.resolve();
      seen.push(clock.now());
      clock.after(10, () => void tick());
    };
    clock.after(10, () => void tick());
    await clock.run(35);
    expect(seen).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(35);
  });

  it('changes only the wall time when it jumps, not the timers', () => {
    const clock = createTestClock(1_000);
    let fired = 0;
    clock.after(50, () => (fired += 1));
    clock.jump(-5_000);
    expect([clock.now(), clock.monotonic(), fired]).toEqual([-4_000, 0, 0]);
    clock.advance(50);
    expect([clock.monotonic(), fired]).toEqual([50, 1]);
  });
});
