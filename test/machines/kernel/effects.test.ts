import { describe, expect, it } from 'vitest';

import { LEASE_MS } from '../../../src/machines/kernel/compose.js';
import type { Supervisor } from '../../../src/machines/kernel/supervisor.js';
import { type BellContext, type BellEvent, buildTower, type Call, newBell, says, type Tower } from './support.js';

/** A ringing bell: instance `one` runs its effect `sound`, which waits for the test's answer. */
async function ringing(tower: Tower): Promise<Supervisor<BellContext, BellEvent>> {
  const one = tower.instance('one');
  await one.create('big', newBell(), 'test', [says({ type: 'ring' })]);
  await tower.clock.run(100);
  return one;
}

function callOf({ calls }: Tower, index = 0): Call {
  const call = calls[index];
  if (call === undefined) throw new Error(`no call ${index}`);
  return call;
}

const owed = ({ stored }: Tower) => stored().tally.effects.map(({ name }) => name);

describe('an effect', () => {
  it('runs after its step is saved, and is fresh and under 50 ms old in the instance that wrote it', async () => {
    const tower = buildTower();
    await ringing(tower);
    expect(callOf(tower).run).toMatchObject({ key: 'big', attempt: 1, fresh: true, effect: { params: { loud: true } } });
    expect(callOf(tower).run.ageMs).toBeLessThan(50);
  });

  it('that runs at once gets the document just saved, without a read', async () => {
    const tower = buildTower();
    await ringing(tower);
    expect(callOf(tower).run.document).toMatchObject({ rings: 1, tally: { version: 1 } });
    expect(tower.gate.trace).not.toContain('bells.load');
  });

  it('does not run when its step could not be saved', async () => {
    const tower = buildTower();
    const one = tower.instance('one');
    await one.create('big', newBell(), 'test');
    tower.gate.failNext('bells.save', 'fail_before');
    await expect(one.send('big', says({ type: 'ring' }))).rejects.toThrow();
    await tower.clock.run(1_000);
    expect(tower.calls).toEqual([]);
  });

  it('runs when its step was saved although the answer was lost', async () => {
    const tower = buildTower();
    const one = tower.instance('one');
    await one.create('big', newBell(), 'test');
    tower.gate.failNext('bells.save', 'fail_after');
    await one.send('big', says({ type: 'ring' }));
    await tower.clock.run(0);
    expect(tower.calls).toHaveLength(1);
    // One read finds the outcome of the save; then each of the two effects reads, because another instance may have written since.
    expect(tower.gate.trace.filter((label) => label === 'bells.load')).toHaveLength(3);
  });

  it('leaves the outbox in the same save that takes in its result', async () => {
    const tower = buildTower();
    await ringing(tower);
    const { version } = tower.stored().tally;
    callOf(tower).answer(says({ type: 'heard', by: 'all' }));
    await tower.clock.run(0);
    expect(tower.stored()).toMatchObject({ heard: 'all', tally: { version: version + 1, effects: [] } });
  });

  it('that succeeds without an event leaves the outbox and is not run again', async () => {
    const tower = buildTower();
    const one = await ringing(tower);
    callOf(tower).answer();
    await one.idle();
    await tower.clock.run(60_000);
    await one.sweep();
    expect(owed(tower)).toEqual([]);
    expect(tower.calls).toEqual([]);
  });

  it('that ends while the save for another ended effect is under way is not run again', async () => {
    const tower = buildTower();
    const one = tower.instance('one');
    await one.create('big', newBell(), 'test', [says({ type: 'ring' })]);
    await tower.clock.run(10);
    expect(owed(tower)).toEqual(['sound', 'polish']);
    tower.gate.hold();
    await tower.clock.run(2_000);
    expect(tower.gate.waiting()).toEqual(['bells.save']);
    callOf(tower).answer();
    await tower.clock.run(0);
    tower.gate.step('bells.save');
    await tower.clock.run(0);
    expect(owed(tower)).toEqual(['sound']);
    tower.gate.open();
    await tower.clock.run(4_000);
    expect(tower.calls).toEqual([]);
    expect(owed(tower)).toEqual([]);
  });

  it('that fails is tried again after growing pauses of at most 3 s', async () => {
    const tower = buildTower();
    await ringing(tower);
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 7; attempt++) {
      callOf(tower).fail();
      let waited = 0;
      await tower.clock.run(0);
      while (tower.calls.length === 0 && waited < 10_000) {
        await tower.clock.run(50);
        waited += 50;
      }
      pauses.push(waited);
      expect(callOf(tower).run).toMatchObject({ attempt: attempt + 1, fresh: false });
    }
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 3_000, 3_000, 3_000]);
  });

  it('that throws NotYet is tried again after the time it names', async () => {
    const tower = buildTower();
    await ringing(tower);
    callOf(tower).notYet(30_000);
    await tower.clock.run(29_999);
    expect(tower.calls).toEqual([]);
    await tower.clock.run(1);
    expect(tower.calls).toHaveLength(1);
  });

  it('that was replaced is aborted, and its late answer leaves the new effect pending', async () => {
    const tower = buildTower();
    const one = await ringing(tower);
    const first = callOf(tower);
    await one.send('big', says({ type: 'ring.again' }));
    await tower.clock.run(0);
    expect(first.run.signal.aborted).toBe(true);
    expect(callOf(tower, 1).run.effect.params).toEqual({ loud: false });
    first.answer(says({ type: 'heard', by: 'the first' }));
    await tower.clock.run(100);
    expect(tower.stored().heard).toBe('the first');
    expect(owed(tower)).toEqual(['sound']);
    callOf(tower).answer(says({ type: 'heard', by: 'the second' }));
    await tower.clock.run(0);
    expect(owed(tower)).toEqual([]);
  });

  it('that was withdrawn is aborted, and is not repeated when it fails', async () => {
    const tower = buildTower();
    const one = await ringing(tower);
    const call = callOf(tower);
    await one.send('big', says({ type: 'hush' }));
    expect(call.run.signal.aborted).toBe(true);
    call.fail();
    await tower.clock.run(60_000);
    expect(tower.calls).toEqual([]);
  });

  it('that is withdrawn while it waits for its retry never runs', async () => {
    const tower = buildTower();
    const one = await ringing(tower);
    callOf(tower).fail();
    await tower.clock.run(0);
    await one.send('big', says({ type: 'hush' }));
    await tower.clock.run(60_000);
    expect(tower.calls).toEqual([]);
  });
});

describe('a lease', () => {
  it('is renewed while the effect runs, so that no other instance takes the effect over', async () => {
    const tower = buildTower();
    await ringing(tower);
    const two = tower.instance('two');
    for (let second = 0; second < 20; second++) {
      await tower.clock.run(1_000);
      await two.sweep();
    }
    expect(tower.calls.map(({ instance }) => instance)).toEqual(['one']);
    expect(tower.stored().tally.effects[0]?.leaseUntil).toBeGreaterThan(tower.clock.now());
  });

  it('of a dead instance expires, and another instance takes the effect over, no longer fresh', async () => {
    const tower = buildTower();
    const one = await ringing(tower);
    const stopped = one.stop(0);
    await tower.clock.run(0);
    await stopped;
    const two = tower.instance('two');
    await tower.clock.run(LEASE_MS - 200);
    await two.sweep();
    expect(tower.calls.filter(({ instance }) => instance === 'two')).toEqual([]);
    await tower.clock.run(LEASE_MS);
    await two.sweep();
    await tower.clock.run(0);
    const taken = tower.calls.filter(({ instance }) => instance === 'two');
    expect(taken.map(({ run }) => [run.fresh, run.effect.leasedBy])).toEqual([[false, 'two']]);
  });

  it('that has expired is taken over by only one of two instances that find it at once', async () => {
    const tower = buildTower();
    const one = await ringing(tower);
    const stopped = one.stop(0);
    await tower.clock.run(2 * LEASE_MS);
    await stopped;
    await Promise.all(['two', 'three'].map((name) => tower.instance(name).sweep()).concat(tower.clock.run(1_000)));
    await tower.clock.run(1_000);
    expect(tower.calls.filter(({ instance }) => instance !== 'one')).toHaveLength(1);
  });

  it('of an earlier run is ignored by an instance that uses its store alone', async () => {
    const tower = buildTower();
    const one = await ringing(tower);
    const stopped = one.stop(0);
    await tower.clock.run(0);
    await stopped;
    const two = tower.instance('two', { exclusive: true });
    await two.start();
    await tower.clock.run(0);
    expect(tower.calls.some(({ instance }) => instance === 'two')).toBe(true);
    const stops = two.stop(0);
    await tower.clock.run(0);
    await stops;
  });

  it('lost to another instance keeps the first one from scheduling a retry', async () => {
    const tower = buildTower();
    await ringing(tower);
    const document = tower.stored();
    const effects = document.tally.effects.map((effect) => ({ ...effect, leasedBy: 'two' }));
    tower.documents.set('big', { ...document, tally: { ...document.tally, version: document.tally.version + 1, effects } });
    callOf(tower).fail();
    await tower.clock.run(60_000);
    expect(tower.calls).toEqual([]);
    expect(tower.stored().tally.effects[0]).toMatchObject({ leasedBy: 'two', attempts: 0 });
  });
});

describe('stopping a supervisor', () => {
  it('lets a running effect finish and saves its result', async () => {
    const tower = buildTower();
    const one = await ringing(tower);
    const stopped = one.stop(5_000);
    callOf(tower).answer(says({ type: 'heard', by: 'all' }));
    await tower.clock.run(0);
    await stopped;
    expect(tower.stored()).toMatchObject({ heard: 'all', tally: { effects: [] } });
  });

  it('aborts an effect that does not finish in time, and starts no new one', async () => {
    const tower = buildTower();
    const one = await ringing(tower);
    const call = callOf(tower);
    const stopped = one.stop(5_000);
    await one.send('big', says({ type: 'ring.again' }));
    await tower.clock.run(4_999);
    expect(call.run.signal.aborted).toBe(false);
    await tower.clock.run(1);
    await stopped;
    expect(call.run.signal.aborted).toBe(true);
    expect(tower.calls).toEqual([call]);
  });
});
