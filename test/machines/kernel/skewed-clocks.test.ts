import { describe, expect, it } from 'vitest';

import { StoreUnavailableError } from '../../../src/errors.js';
import type { Supervisor } from '../../../src/machines/kernel/supervisor.js';
import { createStoreClock } from '../../../src/persistence/store-clock.js';
import type { TestClock } from '../../support/test-clock.js';
import { type BellContext, type BellEvent, buildTower, newBell, says } from './support.js';

const HOUR_MS = 3_600_000;

/** An instance that died while it ran an effect and waited for a deadline: both are overdue. */
async function leaveBehind({ instance, clock, calls }: ReturnType<typeof buildTower>): Promise<void> {
  const dead = instance('dead');
  await dead.create('big', newBell(), 'test', [says({ type: 'ring' }), says({ type: 'arm', due: clock.now() + 5_000 })]);
  await clock.run(0);
  await end(dead, clock);
  await clock.run(10_000);
  calls.length = 0;
}

async function end(process: Supervisor<BellContext, BellEvent>, clock: TestClock): Promise<void> {
  const stopped = process.stop(0);
  await clock.run(0);
  await stopped;
}

describe('an instance whose clock is wrong', () => {
  it.each([2_001, -2_001, HOUR_MS, -HOUR_MS])(
    'by %i ms takes over no overdue work of a dead instance, and an instance with a right clock does',
    async (offsetMs) => {
      const tower = buildTower();
      await leaveBehind(tower);
      const before = structuredClone(tower.stored());
      const off = tower.instance('off', { clockOffsetMs: async () => offsetMs });
      await off.start();
      await tower.clock.run(5_000);
      await off.sweep();
      expect(tower.stored()).toEqual(before);
      expect(tower.calls).toEqual([]);
      await tower.instance('right', { clockOffsetMs: async () => 2_000 }).sweep();
      await tower.clock.run(0);
      expect(tower.stored().rings).toBe(before.rings + 1);
      expect(tower.calls.map((call) => call.instance)).toEqual(['right']);
      await end(off, tower.clock);
    },
  );

  it('sweeps as soon as its clock is right again', async () => {
    const tower = buildTower();
    await leaveBehind(tower);
    let offsetMs = HOUR_MS;
    const one = tower.instance('one', { clockOffsetMs: async () => offsetMs });
    await one.start();
    await tower.clock.run(1_000);
    expect(tower.calls).toEqual([]);
    offsetMs = 0;
    await tower.clock.run(1_000);
    expect(tower.calls.map((call) => call.instance)).toEqual(['one']);
    await end(one, tower.clock);
  });

  it('does not sweep while the clock offset cannot be read, and reads it again at the next start', async () => {
    const tower = buildTower();
    await leaveBehind(tower);
    let isAway = true;
    const one = tower.instance('one', {
      clockOffsetMs: async () => {
        if (isAway) throw new StoreUnavailableError('away');
        return 0;
      },
    });
    await expect(one.start()).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(tower.calls).toEqual([]);
    isAway = false;
    await one.start();
    expect(tower.calls).toHaveLength(1);
    await end(one, tower.clock);
  });

  it('still fires the deadlines that it armed itself, at the right time', async () => {
    const { instance, stored, clock } = buildTower();
    const off = instance('off', { clockOffsetMs: async () => HOUR_MS });
    await off.create('big', newBell(), 'test', [says({ type: 'arm', due: clock.now() + 5_000 })]);
    await clock.run(4_999);
    expect(stored().rings).toBe(0);
    await clock.run(1);
    expect(stored().rings).toBe(1);
  });
});

describe('instances that take the time from their store', () => {
  const storeClockOf = (clock: TestClock, aheadMs: number) => {
    const machine = { ...clock, now: () => clock.now() + aheadMs };
    return createStoreClock({ clock: machine, askTime: async () => clock.now() });
  };

  it.each([HOUR_MS, -HOUR_MS])(
    'respect the leases and deadlines of an instance whose machine is %i ms ahead',
    async (aheadMs) => {
      const { instance, stored, clock, calls } = buildTower();
      const offClock = await storeClockOf(clock, aheadMs);
      const off = instance('off', { clock: { ...clock, ...offClock }, clockOffsetMs: () => offClock.offsetMs() });
      const right = instance('right');
      await right.start();
      await off.create('big', newBell(), 'test', [says({ type: 'ring' }), says({ type: 'arm', due: offClock.now() + 20_000 })]);
      await clock.run(19_000);
      expect(stored().rings).toBe(1);
      expect(calls.map((call) => call.instance)).toEqual(['off']);
      // After its death, another instance takes its work over when the lease expires, not an hour earlier or later.
      await end(off, clock);
      await clock.run(5_500);
      expect(calls.at(-1)?.instance).toBe('right');
      expect(stored().rings).toBe(2);
      await end(right, clock);
    },
  );
});
