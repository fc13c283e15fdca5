import { describe, expect, it } from 'vitest';

import { NewerMachineError } from '../../../src/machines/kernel/committer.js';
import { createLocalBus } from '../../../src/machines/kernel/event-bus.js';
import { buildTower, newBell, says } from './support.js';

describe('events', () => {
  it('are saved with what they lead to', async () => {
    const { instance, stored } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    expect(await one.send('big', says({ type: 'ring' }))).toMatchObject({ changed: true });
    expect(stored()).toMatchObject({ rings: 1, tally: { state: 'ringing', version: 2 } });
  });

  it('that change nothing write nothing', async () => {
    const { instance, stored, gate } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    expect(await one.send('big', says({ type: 'hush' }))).toMatchObject({ changed: false });
    expect(stored().tally.version).toBe(1);
    expect(gate.trace).not.toContain('bells.save');
  });

  it('that hold of another document only change nothing', async () => {
    const { instance, stored } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    await one.send('big', says({ type: 'heard', by: 'somebody' }));
    const isVersion = (version: number) => (document: { tally: { version: number } }) => document.tally.version === version;
    expect(await one.send('big', says({ type: 'ring' }), isVersion(1))).toMatchObject({ changed: false });
    expect(await one.send('big', says({ type: 'ring' }), isVersion(2))).toMatchObject({ changed: true });
    expect(stored().rings).toBe(1);
  });

  it('of the machine itself are refused from outside', async () => {
    const { instance } = buildTower();
    const forged = { ...says({ type: 'ring' }), type: 'xstate.done.actor.0' } as never;
    await expect(instance('one').send('big', forged)).rejects.toThrow('reserved');
  });

  it('for nobody are answered so', async () => {
    expect(
      await buildTower()
        .instance('one')
        .send('small', says({ type: 'ring' })),
    ).toBeUndefined();
  });

  it('that make the machine fail change nothing, and the next one is taken in', async () => {
    const { instance, stored } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    await expect(one.send('big', says({ type: 'throw' }))).rejects.toThrow('the assign failed');
    expect(stored().tally.version).toBe(1);
    expect(await one.send('big', says({ type: 'ring' }))).toMatchObject({ changed: true });
  });

  it('given to a creation are part of its one write', async () => {
    const { instance, stored } = buildTower();
    await instance('one').create('big', newBell(), 'test', [says({ type: 'ring' })]);
    expect(stored()).toMatchObject({ rings: 1, tally: { state: 'ringing', version: 1, effects: [{ since: 1 }, { since: 1 }] } });
  });

  it('and creations say in the history where they come from', async () => {
    const { instance, stored } = buildTower();
    await instance('one').create('big', newBell(), 'somewhere', [says({ type: 'ring' })]);
    expect(stored().tally.history.map(({ event, source }) => [event, source])).toEqual([
      ['create', 'somewhere'],
      ['ring', 'test'],
    ]);
  });

  it('to what a newer release wrote are refused, and the sweep leaves it alone', async () => {
    const { instance, stored, clock, calls } = buildTower();
    await instance('newer', { version: 3 }).create('big', newBell(), 'test', [says({ type: 'ring' })]);
    clock.jump(60_000);
    const older = instance('older');
    await expect(older.send('big', says({ type: 'hush' }))).rejects.toBeInstanceOf(NewerMachineError);
    await older.sweep();
    await clock.run(0);
    expect(stored().tally.effects[0]?.leasedBy).toBe('newer');
    expect(calls.filter((call) => call.instance === 'older')).toEqual([]);
  });
});

describe('deadlines', () => {
  it('pass once, in the process that armed them', async () => {
    const { instance, stored, clock } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    await one.send('big', says({ type: 'arm', due: clock.now() + 5_000 }));
    await clock.run(4_999);
    expect(stored().rings).toBe(0);
    await clock.run(1);
    await clock.run(60_000);
    await one.sweep();
    expect(stored()).toMatchObject({ rings: 1 });
  });

  it('that were armed anew do not pass at the older time', async () => {
    const { instance, stored, clock } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    await one.send('big', says({ type: 'arm', due: clock.now() + 1_000 }));
    await one.send('big', says({ type: 'arm', due: clock.now() + 9_000 }));
    await clock.run(8_999);
    expect(stored().rings).toBe(0);
    await clock.run(1);
    expect(stored().rings).toBe(1);
  });

  it('of an older generation are ignored', async () => {
    const { instance, stored, clock } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    await one.send('big', says({ type: 'arm', due: clock.now() + 1_000 }));
    await one.send('big', says({ type: 'arm', due: clock.now() + 9_000 }));
    expect(await one.send('big', says({ type: 'deadline.passed', generation: 1 }))).toMatchObject({ changed: false });
    expect(stored().deadline?.generation).toBe(2);
  });

  it('of a dead process pass by the sweep of another', async () => {
    const { instance, stored, clock } = buildTower();
    const dead = instance('dead');
    await dead.create('big', newBell(), 'test');
    await dead.send('big', says({ type: 'arm', due: clock.now() + 5_000 }));
    await dead.stop(0);
    const two = instance('two');
    await clock.run(5_000);
    await two.sweep();
    await two.sweep();
    expect(stored().rings).toBe(1);
  });

  it('pass in their own time when the wall clock jumps', async () => {
    const { instance, stored, clock } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    await one.send('big', says({ type: 'arm', due: clock.now() + 5_000 }));
    clock.jump(3_600_000);
    await one.sweep();
    expect(stored().rings).toBe(0);
    clock.jump(-7_200_000);
    await clock.run(5_000);
    expect(stored().rings).toBe(1);
  });
});

describe('removal', () => {
  it('comes at its time, by anybody, and not before', async () => {
    const { instance, documents, clock } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    await one.send('big', { ...says({ type: 'melt' }), at: clock.now() });
    await clock.run(999);
    await one.sweep();
    expect(documents.size).toBe(1);
    await clock.run(1);
    await instance('two').sweep();
    expect(documents.size).toBe(0);
  });
});

describe('the sweep', () => {
  it('takes what is due nearest first, a bounded number at a time', async () => {
    const { instance, documents, clock } = buildTower();
    const one = instance('one');
    for (let index = 0; index < 300; index++) {
      await one.create(`bell-${index}`, newBell({ name: `bell-${index}` }), 'test', [
        says({ type: 'arm', due: clock.now() + 1_000 + index }),
      ]);
    }
    await one.stop(0);
    await clock.run(2_000);
    const two = instance('two');
    const rung = () => [...documents.values()].filter(({ rings }) => rings > 0);
    await two.sweep();
    expect(rung()).toHaveLength(256);
    expect(documents.get('bell-255')?.rings).toBe(1);
    expect(documents.get('bell-256')?.rings).toBe(0);
    await two.sweep();
    expect(rung()).toHaveLength(300);
  });

  it('goes on with the others when one cannot be read', async () => {
    const { instance, documents, clock, gate } = buildTower();
    const one = instance('one');
    for (const name of ['a', 'b', 'c'])
      await one.create(name, newBell({ name }), 'test', [says({ type: 'arm', due: clock.now() + 1 })]);
    await one.stop(0);
    await clock.run(1);
    const two = instance('two');
    gate.failNext('bells.load', 'fail_before');
    await two.sweep();
    expect([...documents.values()].map(({ rings }) => rings)).toEqual([0, 1, 1]);
    await two.sweep();
    expect([...documents.values()].map(({ rings }) => rings)).toEqual([1, 1, 1]);
  });

  it('is repeated by itself once started, also after a failure, until stopped', async () => {
    const { instance, clock, gate } = buildTower();
    const one = instance('one');
    await one.start();
    const sweeps = () => gate.trace.filter((label) => label.startsWith('bells.due')).length;
    gate.failNext('bells.due', 'fail_before');
    await clock.run(3_000);
    expect(sweeps()).toBe(4);
    await one.stop(0);
    await clock.run(10_000);
    expect(sweeps()).toBe(4);
  });
});

describe('observing', () => {
  it('resolves at the wake-up of another process', async () => {
    const { instance, clock } = buildTower();
    const [one, two] = [instance('one'), instance('two')];
    await one.create('big', newBell(), 'test');
    const observed = two.observe('big', ({ heard }) => heard !== undefined, 10_000);
    await clock.run(10);
    await one.send('big', says({ type: 'heard', by: 'you' }));
    expect(await observed).toMatchObject({ heard: 'you' });
  });

  it('looks again within a second when the wake-up is lost', async () => {
    const { instance, clock } = buildTower();
    const [one, two] = [instance('one'), instance('two', { bus: createLocalBus() })];
    await one.create('big', newBell(), 'test');
    const observed = two.observe('big', ({ heard }) => heard !== undefined, 10_000);
    await clock.run(10);
    await one.send('big', says({ type: 'heard', by: 'you' }));
    await clock.run(1_000);
    expect(await observed).toMatchObject({ heard: 'you' });
  });

  it('what this process commits itself costs no read', async () => {
    const { instance, gate } = buildTower();
    const one = instance('one');
    const { document } = await one.create('big', newBell(), 'test');
    const observed = one.observe('big', ({ heard }) => heard !== undefined, 10_000, document);
    await one.send('big', says({ type: 'ring' }));
    const reads = () => gate.trace.filter((label) => label === 'bells.load').length;
    const before = reads();
    await one.send('big', says({ type: 'heard', by: 'me' }));
    expect(await observed).toMatchObject({ rings: 1, heard: 'me' });
    expect(reads()).toBe(before);
  });

  it('ends in time with the newest document, and leaves no timer behind', async () => {
    const { instance, clock } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    const observed = one.observe('big', () => false, 2_500);
    await clock.run(2_500);
    expect(await observed).toMatchObject({ rings: 0 });
    expect(clock.pending()).toBe(0);
  });

  it('ends when the document is gone', async () => {
    const { instance } = buildTower();
    expect(await instance('one').observe('big', () => false, 1_000)).toBeUndefined();
  });
});
