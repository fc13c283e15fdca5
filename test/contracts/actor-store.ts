import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ActorStore } from '../../src/machines/kernel/actor-store.js';
import { type ActorDocument, type KernelFields, nextWrites } from '../../src/machines/kernel/document.js';
import { buildEffect, withTally } from './documents.js';

export interface Disposable {
  dispose?: () => Promise<void>;
}

export interface ActorStoreContract<Context extends object> {
  /** Creates an empty store. */
  create: () => Promise<Disposable & { store: ActorStore<Context> }>;
  build: (key: string, tally?: Partial<KernelFields>) => ActorDocument<Context>;
  /** Name of the document's field that holds the key. */
  keyName: string;
}

const RACERS = 50;

/** The behaviour that the kernel requires of every actor store. */
export function actorStoreContract<Context extends object>({ create, build, keyName }: ActorStoreContract<Context>): void {
  let store: ActorStore<Context>;
  let dispose: (() => Promise<void>) | undefined;

  beforeEach(async () => {
    ({ store, dispose } = await create());
  });
  afterEach(() => dispose?.());

  const added = async (document: ActorDocument<Context>, key = 'a'): Promise<ActorDocument<Context>> => {
    expect(await store.create(key, document)).toEqual({ created: true });
    return document;
  };
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => `k${String(index).padStart(4, '0')}`);

  describe('its documents', () => {
    it('are undefined under an unknown key', async () => {
      expect(await store.load('unknown')).toBeUndefined();
      expect(await store.load('x'.repeat(60_000))).toBeUndefined();
    });

    it('are loaded as they were created', async () => {
      const document = await added(build('a'));
      expect(await store.load('a')).toEqual(document);
    });

    it('keep fields that the store does not know, at every level', async () => {
      const future = { future: { nested: [1, 'two', null, { three: 3.5 }], empty: '', none: null, big: 2 ** 52 } };
      const document = { ...build('a'), ...future };
      Object.assign(document.tally, { later: { text: 'ünïcödé 🎥' } });
      await added(document);
      expect(await store.load('a')).toEqual(document);
      const second = withTally(document);
      expect(await store.save('a', second, 1)).toBe(true);
      expect(await store.load('a')).toEqual(second);
    });

    it('keep effects with long parameters, nested states and a long history', async () => {
      const [entry] = build('a').tally.history;
      const history = Array.from({ length: 100 }, () => ({ ...entry })) as KernelFields['history'];
      const effects = [buildEffect('notify:1', { params: { count: 1, sure: false, text: 'x'.repeat(2_000) } })];
      const document = await added(build('a', { history, effects, state: { starting: 'awaiting' } }));
      expect(await store.load('a')).toEqual(document);
    });

    it('do not change when a caller changes a loaded document', async () => {
      await added(build('a'));
      const loaded = await store.load('a');
      loaded?.tally.effects.push(buildEffect('intruder'));
      expect((await store.load('a'))?.tally.effects).toEqual([]);
    });
  });

  describe('create', () => {
    it('refuses a key that is taken, names its holder and leaves the stored document unchanged', async () => {
      const first = await added(build('a'));
      expect(await store.create('a', build('a', { version: 7 }))).toEqual({ created: false, conflict: keyName, holder: 'a' });
      expect(await store.load('a')).toEqual(first);
    });

    it('succeeds once when fifty calls with one key run at once', async () => {
      const outcomes = await Promise.all(numbered(RACERS).map((lastWrite) => store.create('a', build('a', { lastWrite }))));
      const winner = outcomes.findIndex(({ created }) => created);
      expect(outcomes.filter(({ created }) => created)).toHaveLength(1);
      expect((await store.load('a'))?.tally.lastWrite).toBe(numbered(RACERS)[winner]);
    });
  });

  describe('save', () => {
    it('replaces the whole document and drops fields that the new document lacks', async () => {
      await added({ ...build('a'), passing: true });
      const second = withTally(build('a'));
      expect(await store.save('a', second, 1)).toBe(true);
      expect(await store.load('a')).toEqual(second);
    });

    it('makes the new document readable as soon as it resolves, durable or not', async () => {
      let document = await added(build('a'));
      for (const durable of [true, false, true, false]) {
        const next = withTally(document);
        expect(await store.save('a', next, document.tally.version, { durable })).toBe(true);
        expect((await store.load('a'))?.tally.version).toBe(next.tally.version);
        document = next;
      }
    });

    it('answers false and changes nothing when the stored version is another', async () => {
      const document = await added(build('a', { version: 3 }));
      for (const version of [2, 4]) {
        expect(await store.save('a', build('a', { version: version + 1, dueAt: 5 }), version)).toBe(false);
      }
      expect(await store.load('a')).toEqual(document);
      expect(await store.due(10, 10)).toEqual([]);
    });

    it('answers false and creates nothing when there is no document', async () => {
      expect(await store.save('a', build('a', { version: 2 }), 1)).toBe(false);
      expect(await store.load('a')).toBeUndefined();
    });

    it('succeeds once when fifty calls with one version run at once', async () => {
      const document = await added(build('a'));
      const racers = numbered(RACERS).map((lastWrite) => withTally(document, { lastWrite }));
      const outcomes = await Promise.all(racers.map((racer, index) => store.save('a', racer, 1, { durable: index % 2 === 0 })));
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await store.load('a')).toEqual(racers[outcomes.indexOf(true)]);
    });

    it('gives each of many concurrent saves its own answer', async () => {
      const documents = await Promise.all(numbered(RACERS).map((key) => added(build(key), key)));
      const saveAll = (who: string, keys: readonly number[]) =>
        Promise.all(
          keys.map((index) => {
            const document = documents[index] ?? build('missing');
            return store.save(numbered(RACERS)[index] ?? 'missing', withTally(document, { lastWrite: `${who}-${index}` }), 1);
          }),
        );
      const thirds = documents.flatMap((_, index) => (index % 3 === 0 ? [index] : []));
      expect(await saveAll('early', thirds)).not.toContain(false);
      const outcomes = await saveAll('late', [...documents.keys(), RACERS]);
      expect(outcomes).toEqual([...documents.map((_, index) => index % 3 !== 0), false]);
      const stored = await Promise.all(numbered(RACERS).map((key) => store.load(key)));
      const writers = stored.map((document) => document?.tally.lastWrite);
      expect(writers).toEqual(documents.map((_, index) => `${index % 3 === 0 ? 'early' : 'late'}-${index}`));
    });

    it('loses no update of writers that reload and retry', async () => {
      await added(build('a'));
      const append = async (name: string): Promise<void> => {
        for (;;) {
          const current = await store.load('a');
          if (current === undefined) throw new Error('the document is gone');
          const { effects, version } = current.tally;
          const writes = nextWrites(current.tally, `${name}-${version}`);
          const next = withTally(current, { effects: [...effects, buildEffect(name)], ...writes });
          if (await store.save('a', next, version)) return;
        }
      };
      await Promise.all(numbered(12).map(append));
      const final = await store.load('a');
      expect(final?.tally.version).toBe(13);
      expect(final?.tally.effects.map(({ key }) => key).sort()).toEqual(numbered(12));
    });
  });

  describe('remove', () => {
    it('removes only the given version of a document, together with its index entries', async () => {
      await added(build('a', { version: 4, dueAt: 1, effects: [buildEffect('notify')] }));
      expect(await store.remove('a', 3)).toBe(false);
      expect(await store.due(1, 10)).toEqual(['a']);
      expect(await store.remove('a', 4)).toBe(true);
      expect(await store.load('a')).toBeUndefined();
      expect(await store.due(1, 10)).toEqual([]);
      expect(await store.owing(10)).toEqual([]);
      expect(await store.remove('a', 4)).toBe(false);
    });

    it('frees the key for a new document', async () => {
      await added(build('a'));
      await store.remove('a', 1);
      await added(build('a', { version: 9 }));
      expect((await store.load('a'))?.tally.version).toBe(9);
    });

    it('or save of one version succeeds once when fifty of them run at once', async () => {
      const document = await added(build('a'));
      const outcomes = await Promise.all(
        numbered(RACERS).map((lastWrite, index) =>
          index % 2 === 0 ? store.remove('a', 1) : store.save('a', withTally(document, { lastWrite }), 1),
        ),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
    });
  });

  describe('due', () => {
    it('lists the keys that are due at or before the given time, the earliest first', async () => {
      for (const [key, dueAt] of Object.entries({
        late: 3_000,
        soon: 1_000,
        exact: 2_000,
        early: 2_000.5,
        never: null,
        old: -1,
      })) {
        await added(build(key, { dueAt }), key);
      }
      expect(await store.due(2_000, 10)).toEqual(['old', 'soon', 'exact']);
      expect(await store.due(2_001, 10)).toEqual(['old', 'soon', 'exact', 'early']);
      expect(await store.due(-2, 10)).toEqual([]);
    });

    it('lists the earliest keys when there are more than the limit', async () => {
      const keys = numbered(30);
      await Promise.all(keys.map((key, index) => store.create(key, build(key, { dueAt: 1_000 - index }))));
      expect(await store.due(1_000, 3)).toEqual(keys.slice(-3).reverse());
      expect(await store.due(1_000, 10_000)).toHaveLength(30);
    });

    it('lists all keys that are due at the same instant', async () => {
      const keys = numbered(20);
      await Promise.all(keys.map((key) => store.create(key, build(key, { dueAt: 5 }))));
      expect((await store.due(5, 100)).sort()).toEqual(keys);
    });

    it('reflects the due time of the last save', async () => {
      let document = await added(build('a', { dueAt: 10 }));
      for (const [dueAt, due] of [
        [50, []],
        [20, ['a']],
        [null, []],
        [30, ['a']],
      ] as const) {
        const next = withTally(document, { dueAt });
        await store.save('a', next, document.tally.version);
        expect(await store.due(40, 10)).toEqual(due);
        document = next;
      }
    });
  });

  describe('owing', () => {
    it('lists the documents that have a pending effect', async () => {
      const debtor = await added(build('debtor', { effects: [buildEffect('notify'), buildEffect('unlock')] }), 'debtor');
      await added(build('free'), 'free');
      expect(await store.owing(10)).toEqual(['debtor']);
      await store.save('debtor', withTally(debtor, { effects: [] }), 1);
      expect(await store.owing(10)).toEqual([]);
    });

    it('lists each document once over several pages', async () => {
      const keys = numbered(25);
      await Promise.all(keys.map((key) => store.create(key, build(key, { effects: [buildEffect('notify')] }))));
      const seen: string[] = [];
      for (let page = await store.owing(10); page.length > 0; page = await store.owing(10, page.at(-1))) {
        expect(page.length).toBeLessThanOrEqual(10);
        seen.push(...page);
      }
      expect(seen.sort()).toEqual(keys);
    });
  });
}
