import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { PageCursor } from '../../src/machines/ports/pages.js';
import type { RecordingFilter, RecordingStore } from '../../src/machines/recording/recording-store.js';
import type { RecordingDocument } from '../../src/machines/recording/recording.js';
import { collect } from '../support/collect.js';
import type { Disposable } from './actor-store.js';
import { actorStoreContract } from './actor-store.js';
import { asListed, buildRecording, buildSettled, buildUndated, buildUnnamed, nextOf } from './documents.js';
import { NAME_FORMS } from './name-forms.js';

export interface RecordingStoreContract {
  name: string;
  /** Creates an empty store. */
  create: () => Promise<Disposable & { store: RecordingStore }>;
}

const RACERS = 50;

export function recordingStoreContract({ name, create }: RecordingStoreContract): void {
  describe(`recording store: ${name}`, () => {
    actorStoreContract({ create, build: (key, tally = {}) => buildRecording(key, { tally }), keyName: 'uid' });

    let store: RecordingStore;
    let dispose: (() => Promise<void>) | undefined;

    beforeEach(async () => {
      ({ store, dispose } = await create());
    });
    afterEach(() => dispose?.());

    const add = async (...documents: RecordingDocument[]): Promise<void> => {
      const outcomes = await Promise.all(documents.map((document) => store.create(document.uid, document)));
      expect(outcomes.filter(({ created }) => !created)).toEqual([]);
    };
    const save = async (document: RecordingDocument): Promise<void> => {
      expect(await store.save(document.uid, document, document.tally.version - 1)).toBe(true);
    };
    const uidsOf = async (filter: RecordingFilter = {}): Promise<string[]> =>
      (await store.list(filter, 100)).items.map(({ uid }) => uid);
    const uids = (count: number) => Array.from({ length: count }, (_, index) => `u${String(index).padStart(4, '0')}`);

    async function pagesOf(
      filter: RecordingFilter,
      limit: number,
      between?: (page: number) => Promise<void>,
    ): Promise<string[][]> {
      const pages: string[][] = [];
      let after: PageCursor | undefined;
      do {
        const { items, next } = await store.list(filter, limit, after);
        pages.push(items.map(({ uid }) => uid));
        await between?.(pages.length);
        after = next;
      } while (after !== undefined);
      return pages;
    }

    describe('with its unique keys', () => {
      it('refuses a second live recording of a room and names the first one', async () => {
        await add(buildRecording('one', { roomId: 'room' }));
        const outcome = await store.create('two', buildRecording('two', { roomId: 'room' }));
        expect(outcome).toEqual({ created: false, conflict: 'liveKey', holder: 'one' });
        expect(await store.load('two')).toBeUndefined();
        expect(await uidsOf()).toEqual(['one']);
      });

      it('refuses a second recording with the same start key and names the first one', async () => {
        await add(buildSettled('one', { startKey: 'again' }));
        const outcome = await store.create('two', buildRecording('two', { startKey: 'again' }));
        expect(outcome).toEqual({ created: false, conflict: 'startKey', holder: 'one' });
        expect(await store.findLive('room-of-two')).toBeUndefined();
        expect(await store.findLive('x'.repeat(60_000))).toBeUndefined();
      });

      it('creates one recording when fifty starts in one room come at once', async () => {
        const outcomes = await Promise.all(uids(RACERS).map((uid) => store.create(uid, buildRecording(uid, { roomId: 'room' }))));
        const winner = uids(RACERS)[outcomes.findIndex(({ created }) => created)];
        const lost = outcomes.filter(({ created }) => !created);
        expect(lost).toEqual(Array.from({ length: RACERS - 1 }, () => ({ created: false, conflict: 'liveKey', holder: winner })));
        expect((await store.findLive('room'))?.uid).toBe(winner);
      });

      it('creates one recording when fifty starts with one start key come at once', async () => {
        const outcomes = await Promise.all(
          uids(RACERS).map((uid) => store.create(uid, buildRecording(uid, { startKey: 'again' }))),
        );
        expect(outcomes.filter(({ created }) => created)).toHaveLength(1);
        expect(new Set(outcomes.map((outcome) => (outcome.created ? 'startKey' : outcome.conflict)))).toEqual(
          new Set(['startKey']),
        );
      });

      it('frees the room when its recording settles', async () => {
        const one = buildRecording('one', { roomId: 'room' });
        await add(one);
        await save(nextOf(one, { liveKey: 'one', tally: { state: 'complete' } }));
        await add(buildRecording('two', { roomId: 'room' }));
        expect((await store.findLive('room'))?.uid).toBe('two');
      });

      it('holds the room while its recording is stopping', async () => {
        const one = buildRecording('one', { roomId: 'room' });
        await add(one);
        await save(nextOf(one, { tally: { state: 'stopping' } }));
        expect(await store.create('two', buildRecording('two', { roomId: 'room' }))).toMatchObject({
          conflict: 'liveKey',
          holder: 'one',
        });
      });

      it('refuses a save with a unique key of another document, and changes nothing', async () => {
        const two = buildSettled('two', { roomId: 'room' });
        await add(buildRecording('one', { roomId: 'room' }), two);
        expect(await store.save('two', nextOf(two, { liveKey: 'room' }), 1)).toBe(false);
        expect(await store.save('two', nextOf(two, { startKey: 'one' }), 1)).toBe(false);
        expect(await store.load('two')).toEqual(two);
        expect((await store.findLive('room'))?.uid).toBe('one');
      });

      it('creates at most one recording when fifty starts come while the recording of the room settles', async () => {
        const one = buildRecording('one', { roomId: 'room' });
        await add(one);
        const settled = nextOf(one, { liveKey: 'one', tally: { state: 'complete' } });
        const [, ...outcomes] = await Promise.all([
          store.save('one', settled, 1),
          ...uids(RACERS).map((uid) => store.create(uid, buildRecording(uid, { roomId: 'room' }))),
        ]);
        expect(outcomes.filter(({ created }) => created).length).toBeLessThanOrEqual(1);
      });

      it('frees the keys of a removed document', async () => {
        await add(buildRecording('one', { roomId: 'room', startKey: 'again' }));
        await store.remove('one', 1);
        await add(buildRecording('two', { roomId: 'room', startKey: 'again' }));
      });
    });

    describe('findLive', () => {
      it('finds the recording of a room until it settles', async () => {
        const one = buildRecording('one', { roomId: 'room' });
        await add(one);
        expect(await store.findLive('room')).toEqual(one);
        expect(await store.findLive('other')).toBeUndefined();
        await save(nextOf(one, { liveKey: 'one', tally: { state: 'failed' } }));
        expect(await store.findLive('room')).toBeUndefined();
        expect(await store.findLive('one')).toBeUndefined();
      });
    });

    describe('unsettled', () => {
      it('lists exactly the unsettled recordings, also those that freed their room or have no egress id', async () => {
        const states = [{ starting: 'requesting' }, 'active', 'stopping', 'complete', 'failed', 'aborted', 'deleted'];
        const documents = uids(245).map((uid, index) => {
          const state = states[index % states.length] ?? 'active';
          return index % 2 === 0 ? buildUnnamed(uid, { tally: { state } }) : buildSettled(uid, { tally: { state } });
        });
        await add(...documents);
        const found = await collect(store.unsettled());
        expect(found.sort((one, other) => one.uid.localeCompare(other.uid))).toEqual(
          documents.filter((_, index) => index % states.length < 3),
        );
      });

      it('lists each recording once while the recordings settle', async () => {
        const keys = uids(230);
        await add(...keys.map((uid) => buildRecording(uid)));
        const seen: string[] = [];
        for await (const recording of store.unsettled()) {
          seen.push(recording.uid);
          await save(nextOf(recording, { liveKey: recording.uid, tally: { state: 'complete' } }));
        }
        expect(seen.sort()).toEqual(keys);
        expect(await collect(store.unsettled())).toEqual([]);
      });
    });

    it('finds a recording by its start key, also after it has settled', async () => {
      const one = buildSettled('one', { startKey: 'client-key', tally: { state: 'aborted' } });
      await add(one, buildRecording('two'));
      expect(await store.findByStartKey('client-key')).toEqual(one);
      expect((await store.findByStartKey('two'))?.uid).toBe('two');
      expect(await store.findByStartKey('one')).toBeUndefined();
    });

    describe('list', () => {
      it('shows the newest start date first, and recordings without a start date last', async () => {
        const dated = { old: 1_000, fraction: 2_000.5, whole: 2_000, new: 10_000 };
        await add(
          buildUndated('undated'),
          ...Object.entries(dated).map(([uid, startDate]) => buildRecording(uid, { startDate })),
        );
        expect(await uidsOf()).toEqual(['new', 'fraction', 'whole', 'old', 'undated']);
      });

      it('returns every field that clients see of a recording', async () => {
        const said = { error: 'none', errorCode: 1, details: 'End reason: none', limitReached: true };
        const one = buildRecording('one', { startDate: 1, endDate: 2.5, duration: 12.25, size: 5, ...said });
        await add(one);
        const { items, next } = await store.list({}, 10);
        expect({ items: items.map(asListed), next }).toEqual({ items: [asListed(one)], next: undefined });
      });

      it('leaves out deleted recordings and recordings without an egress id', async () => {
        const starting = buildUnnamed('starting');
        const gone = buildSettled('gone');
        await add(starting, gone, buildRecording('shown'));
        await save(nextOf(gone, { tally: { state: 'deleted' } }));
        expect(await uidsOf()).toEqual(['shown']);
        await save(nextOf(starting, { egressId: 'EG_1', tally: { state: { starting: 'awaiting' } } }));
        expect((await uidsOf()).sort()).toEqual(['shown', 'starting']);
      });

      it('filters by the status that clients see', async () => {
        await add(
          buildRecording('starting', { tally: { state: { starting: 'awaiting' } } }),
          buildRecording('active'),
          buildRecording('ending', { tally: { state: 'stopping' } }),
          buildSettled('complete'),
          buildSettled('limit_reached', { limitReached: true }),
          buildSettled('failed', { tally: { state: 'failed' } }),
          buildSettled('aborted', { tally: { state: 'aborted' } }),
        );
        for (const status of ['starting', 'active', 'ending', 'complete', 'limit_reached', 'failed', 'aborted'] as const) {
          expect(await uidsOf({ status })).toEqual([status]);
        }
      });

      it('filters by the whole room id, not by its beginning', async () => {
        await add(
          buildRecording('one', { roomId: 'room' }),
          buildRecording('two', { roomId: 'room-2' }),
          buildSettled('three', { roomId: 'room' }),
        );
        expect((await uidsOf({ roomId: 'room' })).sort()).toEqual(['one', 'three']);
        expect(await uidsOf({ roomId: 'roo' })).toEqual([]);
      });

      it('filters by a literal part of the room name, ignoring case', async () => {
        const names = { one: 'Weekly (Sales)', two: 'weekly.design', three: 'Standup' };
        await add(...Object.entries(names).map(([uid, roomName]) => buildRecording(uid, { roomName })));
        expect((await uidsOf({ roomName: 'WEEK' })).sort()).toEqual(['one', 'two']);
        expect(await uidsOf({ roomName: '(sales)' })).toEqual(['one']);
        expect(await uidsOf({ roomName: 'y.d' })).toEqual(['two']);
        expect(await uidsOf({ roomName: '.*' })).toEqual([]);
      });

      it.each(NAME_FORMS)('finds the name %j by %j, whatever the form of either', async (roomName, part) => {
        await add(buildRecording('one', { roomName }), buildRecording('two', { roomName: 'Other' }));
        expect(await uidsOf({ roomName: part })).toEqual(['one']);
        expect((await store.load('one'))?.roomName).toBe(roomName);
      });

      it('combines several filters by AND', async () => {
        await add(
          buildSettled('one', { roomId: 'room', roomName: 'Sales' }),
          buildSettled('two', { roomId: 'room', roomName: 'Design' }),
          buildSettled('three', { roomId: 'other', roomName: 'Sales' }),
          buildRecording('four', { roomId: 'room', roomName: 'Sales' }),
        );
        expect(await uidsOf({ roomId: 'room', roomName: 'sales', status: 'complete' })).toEqual(['one']);
        expect((await uidsOf({ roomId: 'room', status: 'complete' })).sort()).toEqual(['one', 'two']);
        expect((await uidsOf({ roomName: 'sales', status: 'complete' })).sort()).toEqual(['one', 'three']);
        expect((await uidsOf({ roomId: 'room', roomName: 'sales' })).sort()).toEqual(['four', 'one']);
      });

      it('reflects the last save of a recording', async () => {
        const one = buildUndated('one', { roomName: 'Before' });
        await add(one, buildRecording('two', { startDate: 2_000 }));
        const dated = nextOf(one, { startDate: 3_000, roomName: 'After' });
        await save(dated);
        expect(await uidsOf()).toEqual(['one', 'two']);
        expect(await uidsOf({ roomName: 'before' })).toEqual([]);
        expect(await uidsOf({ roomName: 'after' })).toEqual(['one']);
        await save(nextOf(dated, { liveKey: 'one', tally: { state: 'complete' } }));
        expect(await uidsOf({ status: 'active' })).toEqual(['two']);
        expect(await uidsOf({ status: 'complete', roomId: 'room-of-one' })).toEqual(['one']);
      });

      it('leaves out removed recordings', async () => {
        await add(buildSettled('one'));
        await store.remove('one', 1);
        expect(await uidsOf()).toEqual([]);
        expect(await uidsOf({ status: 'complete', roomId: 'room-of-one' })).toEqual([]);
      });
    });

    describe('pages of the list', () => {
      it('end with a cursor exactly when more recordings follow', async () => {
        await add(...uids(4).map((uid, index) => buildRecording(uid, { startDate: index })));
        expect((await store.list({}, 4)).next).toBeUndefined();
        expect((await store.list({}, 3)).next).toBeDefined();
        expect(await store.list({ roomName: 'nobody' }, 3)).toEqual({ items: [] });
        expect(await pagesOf({}, 2)).toEqual([
          ['u0003', 'u0002'],
          ['u0001', 'u0000'],
        ]);
      });

      it('show every recording once, also those with equal or missing start dates', async () => {
        const keys = uids(37);
        await add(...keys.map((uid, index) => tied(uid, index)));
        for (const filter of [{}, { status: 'active' }, { roomName: 'week' }] as const) {
          for (const limit of [1, 5, 36, 37]) {
            const pages = await pagesOf(filter, limit);
            expect(pages.flat().sort()).toEqual(keys);
            expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
          }
        }
        expect((await pagesOf({}, 5)).flat()).toEqual(await uidsOf());
      });

      it('neither repeat nor lose a recording when newer recordings are created', async () => {
        const keys = uids(20);
        await add(...keys.map((uid, index) => buildRecording(uid, { startDate: index })));
        const pages = await pagesOf({}, 6, (page) => add(buildRecording(`new-${page}`, { startDate: 1_000 + page })));
        expect(pages.flat()).toEqual([...keys].reverse());
      });

      it('continue after a last item that was removed', async () => {
        const keys = uids(20);
        await add(...keys.map((uid, index) => buildRecording(uid, { startDate: index })));
        const gone: string[] = [];
        const pages = await pagesOf({}, 6, async () => {
          const last = 20 - 6 * (gone.length + 1);
          const uid = keys[last];
          if (uid === undefined) return;
          gone.push(uid);
          await store.remove(uid, 1);
        });
        expect(gone).toHaveLength(3);
        expect(pages.flat()).toEqual([...keys].reverse());
      });

      it('find the recordings of a rare room name behind many others', async () => {
        await add(
          ...uids(1_500).map((uid, index) => buildRecording(uid, { startDate: index, roomName: index < 3 ? 'Rare' : 'Common' })),
        );
        expect(await store.list({ roomName: 'rare' }, 2)).toMatchObject({ items: [{ uid: 'u0002' }, { uid: 'u0001' }] });
        expect(await pagesOf({ roomName: 'rare' }, 2)).toEqual([['u0002', 'u0001'], ['u0000']]);
      });
    });

    describe('queries by room', () => {
      it('report that a room has recordings from the first egress id until all are deleted', async () => {
        const one = buildUnnamed('one', { roomId: 'room' });
        await add(one, buildRecording('two', { roomId: 'room-2' }));
        expect(await store.hasRecordings('room')).toBe(false);
        const known = nextOf(one, { egressId: 'EG_1' });
        await save(known);
        expect(await store.hasRecordings('room')).toBe(true);
        await save(nextOf(known, { liveKey: 'one', tally: { state: 'deleted' } }));
        expect(await store.hasRecordings('room')).toBe(false);
        expect(await store.hasRecordings('room-2')).toBe(true);
      });

      it('list the uids of all recordings of a room except the deleted ones', async () => {
        const starting = buildUnnamed('starting', { roomId: 'room' });
        await add(
          starting,
          buildSettled('complete', { roomId: 'room' }),
          buildSettled('failed', { roomId: 'room', tally: { state: 'failed' } }),
          buildSettled('deleted', { roomId: 'room', tally: { state: 'deleted' } }),
          buildRecording('other', { roomId: 'room-2' }),
        );
        expect((await collect(store.keysOfRoom('room'))).sort()).toEqual(['complete', 'failed', 'starting']);
      });

      it('list each recording of a room once while the recordings are removed', async () => {
        const keys = uids(230);
        await add(...keys.map((uid) => buildSettled(uid, { roomId: 'room' })));
        const seen: string[] = [];
        for await (const uid of store.keysOfRoom('room')) {
          seen.push(uid);
          await store.remove(uid, 1);
        }
        expect(seen.sort()).toEqual(keys);
        expect(await collect(store.keysOfRoom('room'))).toEqual([]);
      });
    });
  });
}

/** Three recordings share each start date, and every fourth group of three has none. */
function tied(uid: string, index: number): RecordingDocument {
  const group = Math.floor(index / 3);
  return group % 4 === 0 ? buildUndated(uid) : buildRecording(uid, { startDate: group });
}
