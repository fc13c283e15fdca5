import { describe, expect, it } from 'vitest';

import { NewerMachineError } from '../../../src/machines/kernel/committer.js';
import { createLocalBus } from '../../../src/machines/kernel/event-bus.js';
import { buildTower, newBell, says } from './support.js';

describe('the supervisor', () => {
  it('saves the state and the context that an event leads to', async () => {
    const { instance, stored } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    expect(await one.send('big', says({ type: 'ring' }))).toMatchObject({ changed: true });
    expect(stored()).toMatchObject({ rings: 1, tally: { state: 'ringing', version: 2 } });
  });

  it('writes nothing for an event that changes nothing', async () => {
    const { instance, stored, gate } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    expect(await one.send('big', says({ type: 'hush' }))).toMatchObject({ changed: false });
    expect(stored().tally.version).toBe(1);
    expect(gate.trace).not.toContain('bells.save');
  });

  it('ignores an event whose condition does not hold for the current document', async () => {
    const { instance, stored } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    await one.send('big', says({ type: 'heard', by: 'somebody' }));
    const isVersion = (version: number) => (document: { tally: { version: number } }) => document.tally.version === version;
    expect(await one.send('big', says({ type: 'ring' }), isVersion(1))).toMatchObject({ changed: false });
    expect(await one.send('big', says({ type: 'ring' }), isVersion(2))).toMatchObject({ changed: true });
    expect(stored().rings).toBe(1);
  });

  it('refuses an event whose type begins with xstate, which is reserved for the machine', async () => {
    const { instance } = buildTower();
    const forged = { ...says({ type: 'ring' }), type: 'xstate.done.actor.0' } as never;
    await expect(instance('one').send('big', forged)).rejects.toThrow('reserved');
  });

  it('answers undefined for an event to an actor that does not exist', async () => {
    expect(
      await buildTower()
        .instance('one')
        .send('small', says({ type: 'ring' })),
    ).toBeUndefined();
  });

  it('saves nothing for an event that makes the machine fail, and takes in the next event', async () => {
    const { instance, stored } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    await expect(one.send('big', says({ type: 'throw' }))).rejects.toThrow('the assign failed');
    expect(stored().tally.version).toBe(1);
    expect(await one.send('big', says({ type: 'ring' }))).toMatchObject({ changed: true });
  });

  it('writes a new actor together with the first events in one save', async () => {
    const { instance, stored } = buildTower();
    await instance('one').create('big', newBell(), 'test', [says({ type: 'ring' })]);
    expect(stored()).toMatchObject({ rings: 1, tally: { state: 'ringing', version: 1, effects: [{ since: 1 }, { since: 1 }] } });
  });

  it('records the source of the creation and of each event in the history', async () => {
    const { instance, stored } = buildTower();
    await instance('one').create('big', newBell(), 'somewhere', [says({ type: 'ring' })]);
    expect(stored().tally.history.map(({ event, source }) => [event, source])).toEqual([
      ['create', 'somewhere'],
      ['ring', 'test'],
    ]);
  });

  it('refuses an event to a document of a newer release, and its sweep leaves that document alone', async () => {
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

describe('a deadline', () => {
  it('fires once, in the instance that armed it', async () => {
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

  it('that was armed again fires at the newer time only', async () => {
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

  it('of an older generation changes nothing', async () => {
    const { instance, stored, clock } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    await one.send('big', says({ type: 'arm', due: clock.now() + 1_000 }));
    await one.send('big', says({ type: 'arm', due: clock.now() + 9_000 }));
    expect(await one.send('big', says({ type: 'deadline.passed', generation: 1 }))).toMatchObject({ changed: false });
    expect(stored().deadline?.generation).toBe(2);
  });

  it('of a dead instance fires once, by the sweep of another instance', async () => {
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

  it('fires after the same elapsed time although the wall clock jumps', async () => {
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

describe('the removal of a finished actor', () => {
  it('happens at its time and not before, by the sweep of any instance', async () => {
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
  it('takes at most 256 due documents, the earliest first', async () => {
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

  it('goes on with the other documents when one cannot be read', async () => {
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

  it('repeats every second from start to stop, also after a failure', async () => {
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

describe('observing an actor', () => {
  it('resolves when another instance sends a wake-up over the bus', async () => {
    const { instance, clock } = buildTower();
    const [one, two] = [instance('one'), instance('two')];
    await one.create('big', newBell(), 'test');
    const observed = two.observe('big', ({ heard }) => heard !== undefined, 10_000);
    await clock.run(10);
    await one.send('big', says({ type: 'heard', by: 'you' }));
    expect(await observed).toMatchObject({ heard: 'you' });
  });

  it('resolves within a second when the wake-up is lost', async () => {
    const { instance, clock } = buildTower();
    const [one, two] = [instance('one'), instance('two', { bus: createLocalBus() })];
    await one.create('big', newBell(), 'test');
    const observed = two.observe('big', ({ heard }) => heard !== undefined, 10_000);
    await clock.run(10);
    await one.send('big', says({ type: 'heard', by: 'you' }));
    await clock.run(1_000);
    expect(await observed).toMatchObject({ heard: 'you' });
  });

  it('resolves without a read when the same instance made the change', async () => {
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

  it('ends at its time-out with the newest document, and leaves no timer behind', async () => {
    const { instance, clock } = buildTower();
    const one = instance('one');
    await one.create('big', newBell(), 'test');
    const observed = one.observe('big', () => false, 2_500);
    await clock.run(2_500);
    expect(await observed).toMatchObject({ rings: 0 });
    expect(clock.pending()).toBe(0);
  });

  it('resolves with undefined when the document does not exist', async () => {
    const { instance } = buildTower();
    expect(await instance('one').observe('big', () => false, 1_000)).toBeUndefined();
  });
});
