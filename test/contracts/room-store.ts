import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { PageCursor } from '../../src/machines/ports/pages.js';
import type { RoomFilter, RoomStore } from '../../src/machines/room/room-store.js';
import type { RoomDocument } from '../../src/machines/room/room.js';
import { collect } from '../support/collect.js';
import type { Disposable } from './actor-store.js';
import { actorStoreContract } from './actor-store.js';
import { buildRoom, nextOf } from './documents.js';
import { NAME_FORMS } from './name-forms.js';

export interface RoomStoreContract {
  name: string;
  /** Creates an empty store. */
  create: () => Promise<Disposable & { store: RoomStore }>;
}

export function roomStoreContract({ name, create }: RoomStoreContract): void {
  describe(`room store: ${name}`, () => {
    actorStoreContract({
      create,
      build: (key, tally = {}) => buildRoom(key, { tally: { ...tally, state: 'open' } }),
      keyName: 'roomId',
    });

    let store: RoomStore;
    let dispose: (() => Promise<void>) | undefined;

    beforeEach(async () => {
      ({ store, dispose } = await create());
    });
    afterEach(() => dispose?.());

    const add = async (...rooms: RoomDocument[]): Promise<void> => {
      const outcomes = await Promise.all(rooms.map((room) => store.create(room.roomId, room)));
      expect(outcomes.filter(({ created }) => !created)).toEqual([]);
    };
    const idsOf = async (filter: RoomFilter = {}): Promise<string[]> =>
      (await store.list(filter, 100)).items.map(({ roomId }) => roomId);

    it('lists whole documents, the newest first', async () => {
      const rooms = [
        buildRoom('old', { creationDate: 1 }),
        buildRoom('new', { creationDate: 20 }),
        buildRoom('middle', { creationDate: 3 }),
      ];
      await add(...rooms);
      expect(await idsOf()).toEqual(['new', 'middle', 'old']);
      expect(await store.list({ roomName: 'week' }, 1)).toMatchObject({ items: [rooms[1]], next: { value: 20 } });
    });

    it('lists rooms in every state but deleted', async () => {
      const gone = buildRoom('gone');
      await add(
        gone,
        buildRoom('open'),
        buildRoom('closed', { tally: { state: 'closed' } }),
        buildRoom('meeting', { tally: { state: 'active_meeting' } }),
      );
      expect(await store.save('gone', nextOf(gone, { tally: { state: 'deleted' } }), 1)).toBe(true);
      expect((await idsOf()).sort()).toEqual(['closed', 'meeting', 'open']);
    });

    it('filters by a literal part of the room name, ignoring case', async () => {
      await add(
        buildRoom('a', { roomName: 'Weekly (Sales)' }),
        buildRoom('b', { roomName: 'weekly.design' }),
        buildRoom('c', { roomName: 'Standup' }),
      );
      expect((await idsOf({ roomName: 'WEEK' })).sort()).toEqual(['a', 'b']);
      expect(await idsOf({ roomName: '(sales' })).toEqual(['a']);
      expect(await idsOf({ roomName: '.' })).toEqual(['b']);
    });

    it.each(NAME_FORMS)('finds the name %j by %j, whatever the form of either', async (roomName, part) => {
      await add(buildRoom('a', { roomName }), buildRoom('b', { roomName: 'Other' }));
      expect(await idsOf({ roomName: part })).toEqual(['a']);
      expect((await store.load('a'))?.roomName).toBe(roomName);
    });

    it('filters by any character, and finds no room for a text longer than every name', async () => {
      await add(buildRoom('a', { roomName: 'nul \0 \u2028 🎥' }), buildRoom('b', { roomName: 'nul' }));
      for (const roomName of ['L \0', '\0', '\u2028', '🎥']) expect(await idsOf({ roomName })).toEqual(['a']);
      for (const roomName of ['['.repeat(60_000), 'é'.repeat(20_000)]) expect(await idsOf({ roomName })).toEqual([]);
    });

    it('reflects saves and removals in its lists', async () => {
      const room = buildRoom('a', { roomName: 'Before' });
      await add(room);
      expect(await store.save('a', nextOf(room, { roomName: 'After' }), 1)).toBe(true);
      expect(await idsOf({ roomName: 'before' })).toEqual([]);
      expect(await idsOf({ roomName: 'after' })).toEqual(['a']);
      expect(await store.remove('a', 2)).toBe(true);
      expect(await idsOf()).toEqual([]);
    });

    it('shows every room once over several pages while rooms are created and removed', async () => {
      const ids = Array.from({ length: 25 }, (_, index) => `r${String(index).padStart(2, '0')}`);
      await add(...ids.map((roomId, index) => buildRoom(roomId, { creationDate: Math.floor(index / 4) })));
      const seen: string[] = [];
      let after: PageCursor | undefined;
      do {
        const { items, next } = await store.list({}, 6, after);
        seen.push(...items.map(({ roomId }) => roomId));
        await add(buildRoom(`new-${seen.length}`, { creationDate: 1_000 }));
        await store.remove(seen.at(-1) ?? '', 1);
        after = next;
      } while (after !== undefined);
      expect(seen.sort()).toEqual(ids);
    });

    it('lists the rooms whose deletion date has passed as whole documents, the earliest first', async () => {
      const early = buildRoom('early', {
        autoDeletionDate: 5,
        autoDeletionPolicy: { withMeeting: 'force', withRecordings: 'close' },
      });
      const gone = buildRoom('gone', { autoDeletionDate: 1 });
      await add(
        buildRoom('late', { autoDeletionDate: 9, tally: { state: 'closed' } }),
        early,
        buildRoom('tied', { autoDeletionDate: 9, tally: { state: 'active_meeting' } }),
        buildRoom('now', { autoDeletionDate: 10 }),
        buildRoom('ahead', { autoDeletionDate: 11 }),
        buildRoom('undated'),
        gone,
      );
      expect(await store.save('gone', nextOf(gone, { tally: { state: 'deleted' } }), 1)).toBe(true);
      const found = await collect(store.expired(10));
      expect(found.map(({ roomId }) => roomId)).toEqual(['early', 'late', 'tied']);
      expect(found[0]).toEqual(early);
    });

    it('uses the deletion date of the last save', async () => {
      const room = buildRoom('a', { autoDeletionDate: 5 });
      await add(room);
      expect(await store.save('a', nextOf(room, { autoDeletionDate: 20 }), 1)).toBe(true);
      expect(await collect(store.expired(10))).toEqual([]);
      expect((await collect(store.expired(21))).map(({ roomId }) => roomId)).toEqual(['a']);
    });

    it('lists each of 250 expired rooms once while rooms are removed', async () => {
      const ids = Array.from({ length: 250 }, (_, index) => `r${String(index).padStart(3, '0')}`);
      await add(...ids.map((roomId, index) => buildRoom(roomId, { autoDeletionDate: Math.floor(index / 120) })));
      const seen: string[] = [];
      for await (const { roomId } of store.expired(10)) {
        seen.push(roomId);
        if (seen.length % 2 === 0) await store.remove(roomId, 1);
      }
      expect(seen).toEqual(ids);
      expect(await collect(store.expired(10))).toHaveLength(125);
    });

    describe('inMeeting', () => {
      const meeting = { tally: { state: 'active_meeting' } };
      const idsInMeeting = async () => (await collect(store.inMeeting())).map(({ roomId }) => roomId).sort();

      it('lists exactly the rooms with a meeting, as whole documents', async () => {
        const rooms = [buildRoom('a', { ...meeting, meetingSid: 'RM_a' }), buildRoom('b', { ...meeting, creationDate: 5 })];
        await add(...rooms, buildRoom('open'), buildRoom('closed', { tally: { state: 'closed' } }));
        await add(buildRoom('deleted', { tally: { state: 'deleted' } }));
        const found = await collect(store.inMeeting());
        expect(found.sort((one, other) => one.roomId.localeCompare(other.roomId))).toEqual(rooms);
      });

      it('reflects saves and removals', async () => {
        const room = buildRoom('a');
        await add(room);
        expect(await idsInMeeting()).toEqual([]);
        const met = nextOf(room, meeting);
        await store.save('a', met, 1);
        expect(await idsInMeeting()).toEqual(['a']);
        const over = nextOf(met, { tally: { state: 'closed' } });
        await store.save('a', over, 2);
        expect(await idsInMeeting()).toEqual([]);
        await store.save('a', nextOf(over, meeting), 3);
        await store.remove('a', 4);
        expect(await idsInMeeting()).toEqual([]);
      });

      it('lists each room once while the meetings end', async () => {
        const ids = Array.from({ length: 230 }, (_, index) => `r${String(index).padStart(3, '0')}`);
        await add(...ids.map((roomId, index) => buildRoom(roomId, { ...meeting, creationDate: Math.floor(index / 7) })));
        const seen: string[] = [];
        for await (const room of store.inMeeting()) {
          seen.push(room.roomId);
          await store.save(room.roomId, nextOf(room, { tally: { state: 'open' } }), 1);
        }
        expect(seen.sort()).toEqual(ids);
        expect(await idsInMeeting()).toEqual([]);
      });
    });

    it('ends a page with a cursor exactly when more rooms follow', async () => {
      await add(buildRoom('a', { creationDate: 1 }), buildRoom('b', { creationDate: 2 }));
      expect((await store.list({}, 1)).next).toBeDefined();
      expect((await store.list({}, 2)).next).toBeUndefined();
    });
  });
}
