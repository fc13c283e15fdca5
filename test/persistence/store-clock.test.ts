import { describe, expect, it } from 'vitest';

import { StoreUnavailableError } from '../../src/errors.js';
import { createStoreClock } from '../../src/persistence/store-clock.js';
import { createTestClock } from '../support/test-clock.js';

const HOUR_MS = 3_600_000;

/** A machine whose wall clock is ahead of the store's clock, and a store that reads its clock in the middle of a round trip. */
function setUp(aheadMs: number) {
  const clock = createTestClock();
  const store = { behindMs: aheadMs, wayThereMs: 1, wayBackMs: 1, isAway: false, questions: 0 };
  const start = clock.now();
  async function askTime(): Promise<number> {
    store.questions += 1;
    if (store.isAway) throw new StoreUnavailableError('away');
    clock.advance(store.wayThereMs);
    const time = start + clock.monotonic() - store.behindMs;
    clock.advance(store.wayBackMs);
    return time;
  }
  const storeNow = () => start + clock.monotonic() - store.behindMs;
  return { clock, store, storeNow, create: () => createStoreClock({ clock, askTime }) };
}

describe("the store's clock", () => {
  it.each([HOUR_MS, -HOUR_MS, 0])(
    'is read correctly on a machine that is %i ms ahead, and offsetMs gives this difference',
    async (aheadMs) => {
      const { clock, storeNow, create } = setUp(aheadMs);
      const shared = await create();
      expect(shared.now()).toBe(storeNow());
      expect(await shared.offsetMs()).toBe(aheadMs);
      clock.advance(4_000);
      expect(shared.now()).toBe(storeNow());
    },
  );

  it("does not jump when the machine's wall clock jumps, and offsetMs gives the new difference at once", async () => {
    const { clock, store, storeNow, create } = setUp(0);
    const shared = await create();
    clock.jump(HOUR_MS);
    expect(shared.now()).toBe(storeNow());
    expect(await shared.offsetMs()).toBe(HOUR_MS);
    expect(store.questions).toBe(2);
    expect(shared.now()).toBe(storeNow());
  });

  it('follows a jump of the time of the store, as after a failover of its primary', async () => {
    const { clock, store, storeNow, create } = setUp(0);
    const shared = await create();
    store.behindMs = 20_000;
    clock.advance(5_001);
    expect(await shared.offsetMs()).toBe(20_000);
    expect(shared.now()).toBe(storeNow());
  });

  it('asks the store again after five seconds, once for all concurrent callers', async () => {
    const { clock, store, create } = setUp(0);
    const shared = await create();
    clock.advance(5_000);
    await shared.offsetMs();
    expect(store.questions).toBe(1);
    clock.advance(1);
    await Promise.all([shared.offsetMs(), shared.offsetMs(), shared.offsetMs()]);
    expect(store.questions).toBe(2);
  });

  it('is exact after a quick answer, and stays exact after a slow answer', async () => {
    const { clock, store, storeNow, create } = setUp(0);
    Object.assign(store, { wayThereMs: 3_000, wayBackMs: 0 });
    const shared = await create();
    expect(Math.abs(shared.now() - storeNow())).toBeLessThanOrEqual(1_501);
    clock.advance(5_001);
    Object.assign(store, { wayThereMs: 1, wayBackMs: 1 });
    await shared.offsetMs();
    expect(Math.abs(shared.now() - storeNow())).toBeLessThanOrEqual(3);
    clock.advance(5_001);
    Object.assign(store, { wayThereMs: 0, wayBackMs: 3_000 });
    await shared.offsetMs();
    expect(Math.abs(shared.now() - storeNow())).toBeLessThanOrEqual(3);
  });

  it('continues while the store cannot be reached, and offsetMs throws', async () => {
    const { clock, store, storeNow, create } = setUp(HOUR_MS);
    const shared = await create();
    store.isAway = true;
    clock.advance(60_000);
    await expect(shared.offsetMs()).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(shared.now()).toBe(storeNow());
    store.isAway = false;
    expect(await shared.offsetMs()).toBe(HOUR_MS);
  });

  it('cannot be created while the store cannot be reached', async () => {
    const { store, create } = setUp(0);
    store.isAway = true;
    await expect(create()).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});
