import { describe, expect, it } from 'vitest';

import { StoreUnavailableError, WriteOutcomeUnknownError } from '../../../src/errors.js';
import type { ActorStore } from '../../../src/machines/kernel/actor-store.js';
import { type Committer, createCommitter, NewerMachineError } from '../../../src/machines/kernel/committer.js';
import type { Change, Current, Stamp } from '../../../src/machines/kernel/compose.js';
import { type ActorDocument, nextWrites } from '../../../src/machines/kernel/document.js';
import { createGate, type GateOptions } from '../../support/gate.js';
import { createMemoryActorStore, type MemoryDocuments } from '../../support/memory/memory-actor-store.js';
import { createTestClock } from '../../support/test-clock.js';

interface Counter {
  count: number;
}

function build(count: number, version: number, lastWrite: string, machineVersion = 1): ActorDocument<Counter> {
  return { count, tally: { state: 'on', machineVersion, version, effects: [], history: [], dueAt: null, lastWrite } };
}

function setUp(gateOptions: GateOptions = {}) {
  const documents: MemoryDocuments<Counter> = new Map();
  const clock = createTestClock();
  const gate = createGate(gateOptions);
  const store = createMemoryActorStore({ name: 'counters', gate, documents, keyName: 'key', uniqueKeys: () => ({}) });
  const committerOf = (instance: string, over: Partial<ActorStore<Counter>> = {}) =>
    createCommitter({ store: { ...store, ...over }, clock, instance, machineVersion: 1, random: () => 0.5 });
  /** Advances the test clock until the work is done, because the committer waits between its attempts. */
  const waitFor = async <Result>(work: Promise<Result>): Promise<Result> => {
    let over = false;
    const watched = work.finally(() => (over = true));
    watched.catch(() => undefined);
    while (!over) await clock.run(100);
    return watched;
  };
  return { documents, clock, gate, store, committerOf, waitFor };
}

const add =
  (by: number) =>
  ({ document }: Current<Counter>, { nonce }: Stamp) => {
    const { count, tally } = build(document.count + by, document.tally.version + 1, nonce);
    return { next: { count, tally: { ...tally, ...nextWrites(document.tally, nonce) } }, durable: false };
  };
const increment = (committer: Committer<Counter>) => committer.commit('a', add(1));

describe('a commit', () => {
  it('loses no update when three instances write at once', async () => {
    const { documents, committerOf, waitFor } = setUp();
    documents.set('a', build(0, 1, ''));
    const committers = ['one', 'two', 'three'].map((name) => committerOf(name));
    await waitFor(Promise.all(committers.map(increment)));
    expect(documents.get('a')).toMatchObject({ count: 3, tally: { version: 4 } });
  });

  it('computes its change again on a fresh document when another instance saved first', async () => {
    const { documents, store, committerOf, waitFor } = setUp();
    documents.set('a', build(0, 1, ''));
    const seen: number[] = [];
    const rival = committerOf('two');
    let races = 1;
    const one = committerOf('one', {
      save: async (...save) => {
        if (races-- > 0) await rival.commit('a', add(10));
        return store.save(...save);
      },
    });
    await waitFor(one.commit('a', (current, stamp) => (seen.push(current.document.count), add(1)(current, stamp))));
    expect(seen).toEqual([0, 10]);
    expect(documents.get('a')?.count).toBe(11);
  });

  it('throws StoreUnavailableError after five lost races', async () => {
    const { documents, committerOf, waitFor } = setUp();
    documents.set('a', build(0, 1, ''));
    let tries = 0;
    const one = committerOf('one', { save: async () => (tries++, false) });
    await expect(waitFor(increment(one))).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(tries).toBe(5);
  });

  it('recognizes its own write by the nonce when the answer was lost, and does not write twice', async () => {
    const { documents, gate, committerOf } = setUp();
    documents.set('a', build(0, 1, ''));
    gate.failNext('counters.save', 'fail_after');
    const committed = await increment(committerOf('one'));
    expect(committed).toMatchObject({ changed: true, after: { count: 1 } });
    expect(documents.get('a')).toMatchObject({ count: 1, tally: { version: 2, lastWrite: 'one:1' } });
  });

  it('repeats a write of unknown outcome when the document shows that it did not happen', async () => {
    const { documents, store, committerOf, waitFor } = setUp();
    documents.set('a', build(0, 1, ''));
    let lost = 1;
    const one = committerOf('one', {
      async save(...save) {
        if (lost-- > 0) throw new WriteOutcomeUnknownError('no answer');
        return store.save(...save);
      },
    });
    await waitFor(increment(one));
    expect(documents.get('a')?.count).toBe(1);
  });

  /** A committer whose first save succeeds but loses its answer, and another instance then saves `followers` times. */
  function withLostAnswer({ store, committerOf }: ReturnType<typeof setUp>, followers: number): Committer<Counter> {
    const rival = committerOf('two');
    let lost = 1;
    return committerOf('one', {
      async save(...save) {
        const saved = await store.save(...save);
        if (lost-- <= 0) return saved;
        for (let count = 0; count < followers; count++) await rival.commit('a', add(10));
        throw new WriteOutcomeUnknownError('no answer');
      },
    });
  }

  it.each([1, 3, 7])('recognizes its own write after %i later writes of another instance', async (followers) => {
    const tower = setUp();
    tower.documents.set('a', build(0, 1, ''));
    const committed = await increment(withLostAnswer(tower, followers));
    expect(committed).toMatchObject({ before: { count: 0 }, after: { count: 1, tally: { version: 2 } } });
    expect(tower.documents.get('a')?.count).toBe(1 + 10 * followers);
  });

  it('throws StoreUnavailableError after eight later writes hide its own, and does not write again', async () => {
    const tower = setUp();
    tower.documents.set('a', build(0, 1, ''));
    await expect(increment(withLostAnswer(tower, 8))).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(tower.documents.get('a')?.count).toBe(81);
  });

  it('does not repeat its write when the last writer is an old release, which keeps only its own nonce', async () => {
    const { documents, store, committerOf } = setUp();
    documents.set('a', build(0, 1, ''));
    const one = committerOf('one', {
      async save(...save) {
        await store.save(...save);
        documents.set('a', build(5, 3, 'two:1'));
        throw new WriteOutcomeUnknownError('no answer');
      },
    });
    await expect(increment(one)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(documents.get('a')?.count).toBe(5);
  });

  it('recognizes its own write when the store performs it only after the committer has looked for it', async () => {
    const { documents, store, committerOf, waitFor } = setUp();
    documents.set('a', build(0, 1, ''));
    let onItsWay: Parameters<typeof store.save> | undefined;
    const one = committerOf('one', {
      async save(...save) {
        if (onItsWay === undefined) {
          onItsWay = save;
          throw new WriteOutcomeUnknownError('no answer');
        }
        await store.save(...onItsWay);
        return store.save(...save);
      },
    });
    const committed = await waitFor(increment(one));
    expect(committed).toMatchObject({ changed: true, before: { count: 0 } });
    expect(documents.get('a')).toMatchObject({ count: 1, tally: { version: 2, lastWrite: 'one:1' } });
  });

  it('throws StoreUnavailableError when the answer was lost and the document cannot be read', async () => {
    const { documents, gate, committerOf } = setUp();
    documents.set('a', build(0, 1, ''));
    gate.failNext('counters.save', 'fail_after');
    const one = committerOf('one', {
      load: countedLoad(setLoad(documents), 1),
    });
    await expect(increment(one)).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  it('throws StoreUnavailableError when the store refused the save', async () => {
    const { documents, gate, committerOf } = setUp();
    documents.set('a', build(0, 1, ''));
    gate.failNext('counters.save', 'fail_before');
    await expect(increment(committerOf('one'))).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(documents.get('a')?.count).toBe(0);
  });

  it('returns undefined when the document does not exist', async () => {
    expect(await increment(setUp().committerOf('one'))).toBeUndefined();
  });

  it('throws NewerMachineError and changes nothing when a newer release wrote the document', async () => {
    const { documents, committerOf } = setUp();
    documents.set('a', build(0, 1, '', 2));
    await expect(increment(committerOf('one'))).rejects.toBeInstanceOf(NewerMachineError);
    expect(documents.get('a')?.count).toBe(0);
  });
});

describe('the followers of a committer', () => {
  it('hear of every write in order, and of no change that was not written', async () => {
    const { documents, committerOf } = setUp();
    const one = committerOf('one');
    const told: unknown[] = [];
    one.follow((key, { before, after, isPast }) => told.push([key, before.count, after.count, isPast]));
    await one.create('a', ({ nonce }) => build(0, 1, nonce));
    await Promise.all([increment(one), one.commit('a', () => undefined), increment(one)]);
    expect(told).toEqual([
      ['a', 0, 0, false],
      ['a', 0, 1, false],
      ['a', 1, 2, false],
    ]);
    expect(documents.get('a')?.count).toBe(2);
  });
});

describe("a committer's copy of its last write", () => {
  /** A committer that has written once, and the number of its reads since then. */
  async function withMemory(tower: ReturnType<typeof setUp>) {
    tower.documents.set('a', build(0, 1, ''));
    let loads = -1;
    const one = tower.committerOf('one', {
      async load(key) {
        loads += 1;
        return tower.store.load(key);
      },
    });
    await increment(one);
    return { one, loads: () => loads };
  }
  /** Increments an even count and leaves an odd one alone. */
  const evenOnly: Change<Counter> = (current, stamp) => (current.document.count % 2 === 0 ? add(1)(current, stamp) : undefined);

  it('saves the next commit a read', async () => {
    const tower = setUp();
    const { one, loads } = await withMemory(tower);
    expect(await increment(one)).toMatchObject({ before: { count: 1 }, after: { count: 2, tally: { version: 3 } } });
    expect(loads()).toBe(0);
  });

  it('is dropped when another instance has written since', async () => {
    const tower = setUp();
    const { one, loads } = await withMemory(tower);
    await tower.committerOf('two').commit('a', add(10));
    expect(await increment(one)).toMatchObject({ before: { count: 11 }, after: { count: 12 } });
    expect(loads()).toBe(1);
  });

  it('is read again before a change is judged to change nothing', async () => {
    const tower = setUp();
    const { one, loads } = await withMemory(tower);
    expect(await one.commit('a', evenOnly)).toMatchObject({ changed: false, after: { count: 1 } });
    await tower.committerOf('two').commit('a', add(1));
    expect(await one.commit('a', evenOnly)).toMatchObject({ changed: true, before: { count: 2 }, after: { count: 3 } });
    expect(loads()).toBe(2);
  });

  it('is not used when the document was deleted since', async () => {
    const tower = setUp();
    const { one } = await withMemory(tower);
    tower.documents.delete('a');
    expect(await increment(one)).toBeUndefined();
  });

  it('is not used after 10 s: another program may have written without raising the version', async () => {
    const tower = setUp();
    const { one, loads } = await withMemory(tower);
    tower.documents.set('a', { ...build(5, 2, ''), tally: tower.documents.get('a')?.tally ?? build(5, 2, '').tally });
    await tower.clock.run(10_001);
    expect(await increment(one)).toMatchObject({ before: { count: 5 }, after: { count: 6 } });
    expect(loads()).toBe(1);
  });

  it('is marked as past when the answer of its save was lost', async () => {
    const tower = setUp();
    tower.documents.set('a', build(0, 1, ''));
    tower.gate.failNext('counters.save', 'fail_after');
    expect(await tower.waitFor(increment(tower.committerOf('one')))).toMatchObject({ after: { count: 1 }, isPast: true });
    expect(await increment(tower.committerOf('two'))).toMatchObject({ isPast: false });
  });
});

describe('three instances over a store that fails and loses answers', () => {
  it.each(Array.from({ length: 20 }, (_, index) => index + 1))('lose no acknowledged update, seed %i', async (seed) => {
    const { documents, store, committerOf, waitFor } = setUp({ seed, faults: { before: 0.1, after: 0.1 } });
    documents.set('a', build(0, 1, ''));
    let acknowledged = 0;
    const work = ['one', 'two', 'three'].map(async (name) => {
      const committer = committerOf(name, store);
      for (let round = 0; round < 8; round++) {
        await increment(committer).then(
          () => acknowledged++,
          (error: unknown) => {
            expect(error).toBeInstanceOf(StoreUnavailableError);
          },
        );
      }
    });
    await waitFor(Promise.all(work));
    const { count, tally } = documents.get('a') ?? build(0, 0, '');
    expect(tally.version).toBe(count + 1);
    expect(count).toBeGreaterThanOrEqual(acknowledged);
    expect(count).toBeLessThanOrEqual(24);
  });
});

describe('a creation', () => {
  const create = (committer: Committer<Counter>, key = 'a') => committer.create(key, ({ nonce }) => build(0, 1, nonce));

  it('happens once: the second caller learns which document holds the key', async () => {
    const { committerOf } = setUp();
    expect(await create(committerOf('one'))).toMatchObject({ created: true });
    expect(await create(committerOf('two'))).toMatchObject({ created: false, conflict: 'key', holder: 'a' });
  });

  it('is recognized by its nonce when the answer was lost', async () => {
    const { documents, gate, committerOf } = setUp();
    gate.failNext('counters.create', 'fail_after');
    expect(await create(committerOf('one'))).toMatchObject({ created: true });
    expect(documents.size).toBe(1);
  });

  it('counts as created when its answer was lost and another instance has already updated the document', async () => {
    const { documents, store, committerOf } = setUp();
    let lost = 1;
    const one = committerOf('one', {
      async create(key, document) {
        const result = await store.create(key, document);
        if (lost-- <= 0) return result;
        documents.set(key, build(5, 2, 'two:1'));
        throw new WriteOutcomeUnknownError('no answer');
      },
    });
    expect(await create(one)).toMatchObject({ created: true });
    expect(documents.get('a')?.count).toBe(5);
  });
});

const setLoad = (documents: MemoryDocuments<Counter>) => async (key: string) => documents.get(key);

/** Answers this many loads; every later load fails as if the store were down. */
function countedLoad(load: ActorStore<Counter>['load'], answered: number): ActorStore<Counter>['load'] {
  let left = answered;
  return async (key) => {
    if (left-- <= 0) throw new StoreUnavailableError('away');
    return load(key);
  };
}
