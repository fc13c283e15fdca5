import { describe, expect, it } from 'vitest';

import { sleep, systemClock, TimeLimitError, within } from '../src/clock.js';
import { createTestClock } from './support/test-clock.js';

describe('the system clock', () => {
  it('never runs a timer before its delay is over, not even by a fraction of a millisecond', async () => {
    const delays = Array.from({ length: 2_000 }, (_, index) => 1 + (index % 40) + (index % 7) / 7);
    const early = await Promise.all(
      delays.map(async (delayMs) => {
        const from = systemClock.monotonic();
        await new Promise<void>((resolve) => systemClock.after(delayMs, resolve));
        return systemClock.monotonic() - from < delayMs;
      }),
    );
    expect(early.filter(Boolean)).toHaveLength(0);
  });
});

describe('sleep', () => {
  it('ends when its time has passed on the given clock', async () => {
    const clock = createTestClock();
    let isAwake = false;
    const slept = sleep(10, clock).then(() => (isAwake = true));
    await clock.run(9);
    expect(isAwake).toBe(false);
    await clock.run(1);
    await slept;
  });

  it.each(['before', 'during'])('throws the reason of a signal that is aborted %s it, and leaves no timer', async (when) => {
    const clock = createTestClock();
    const cut = new AbortController();
    if (when === 'before') cut.abort(new Error('stop'));
    const slept = expect(sleep(10, clock, cut.signal)).rejects.toThrow('stop');
    cut.abort(new Error('stop'));
    await slept;
    expect(clock.pending()).toBe(0);
  });
});

describe('work with a time limit', () => {
  it('gives its result when it ends in time, and leaves no timer', async () => {
    const clock = createTestClock();
    expect(await within(10, clock, async () => 'done')).toBe('done');
    expect(clock.pending()).toBe(0);
  });

  it('has its signal aborted and rejects with TimeLimitError when the time is over', async () => {
    const clock = createTestClock();
    let wasTold = false;
    const late = within(10, clock, (signal) => {
      signal.addEventListener('abort', () => (wasTold = true));
      return new Promise(() => undefined);
    });
    const failed = expect(late).rejects.toThrow(TimeLimitError);
    await clock.run(10);
    await failed;
    expect(wasTold).toBe(true);
  });

  it("rejects with the reason of the caller's signal when that signal is aborted", async () => {
    const clock = createTestClock();
    const cut = new AbortController();
    const late = within(10, clock, () => new Promise(() => undefined), cut.signal);
    cut.abort(new Error('stop'));
    await expect(late).rejects.toThrow('stop');
    expect(clock.pending()).toBe(0);
  });

  it("does not begin when the caller's signal is already aborted", async () => {
    let isBegun = false;
    const begin = async () => void (isBegun = true);
    await expect(within(10, createTestClock(), begin, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
    expect(isBegun).toBe(false);
  });

  it('rejects with its own error when it fails', async () => {
    await expect(within(10, createTestClock(), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });
});
