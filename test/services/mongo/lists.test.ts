import { mongo } from 'mongoose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { PageCursor } from '../../../src/machines/ports/pages.js';
import type { RecordingFilter, RecordingStore } from '../../../src/machines/recording/recording-store.js';
import type { RecordingDocument } from '../../../src/machines/recording/recording.js';
import { connect, DEFAULT_LIMITS } from '../../../src/persistence/mongo/connect.js';
import type { Mongo } from '../../support/stores/open-mongo.js';
import { createMongoRecordingStore } from '../../../src/persistence/mongo/recording-store.js';
import { buildEffect, buildRecording, buildRoom, buildSettled, buildUndated, buildUnnamed } from '../../contracts/documents.js';
import { collect } from '../../support/collect.js';
import { buildForeignRecording } from './support/foreign-documents.js';
import { profileQueries, type Query } from './support/profile-queries.js';
import { dbName } from './support/names.js';
import { startMongoUnderTest, type MongoUnderTest } from './support/open-mongo.js';

let mongodb: MongoUnderTest;
let stores: Mongo;

beforeAll(async () => {
  mongodb = await startMongoUnderTest();
  stores = await mongodb.open();
  return async () => {
    await stores.close();
    await mongodb.stop();
  };
});
beforeEach(() => mongodb.empty());

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `u${String(index).padStart(4, '0')}`);

describe('the MongoDB query plans', () => {
  beforeEach(async () => {
    const settled = numbered(300).map((uid, index) =>
      buildSettled(uid, { roomId: `room-${index % 3}`, startDate: Math.floor(index / 2) }),
    );
    const others = [
      ...numbered(10).map((uid) => buildUndated(`undated-${uid}`)),
      ...numbered(40).map((uid) => buildUnnamed(`unnamed-${uid}`, { tally: { dueAt: 5, effects: [buildEffect('notify')] } })),
      ...numbered(40).map((uid) => buildSettled(`gone-${uid}`, { roomId: 'room-1', tally: { state: 'deleted' } })),
    ];
    await Promise.all([...settled, ...others].map((each) => stores.recordings.create(each.uid, each)));
    await Promise.all(numbered(100).map((id, creationDate) => stores.rooms.create(id, buildRoom(id, { creationDate }))));
  });

  const cursorIn = async (filter: RecordingFilter): Promise<PageCursor | undefined> =>
    (await stores.recordings.list(filter, 30)).next;

  it.each<[string, RecordingFilter]>([
    ['of all recordings', {}],
    ['by room', { roomId: 'room-1' }],
    ['by status', { status: 'complete' }],
    ['by room and status', { roomId: 'room-1', status: 'complete' }],
  ])('of a list %s read only the documents of the page, on the first page and on later ones', async (_, filter) => {
    const after = await cursorIn(filter);
    const queries = await profileQueries(mongodb, async () => {
      expect((await stores.recordings.list(filter, 20)).items).toHaveLength(20);
      expect((await stores.recordings.list(filter, 20, after)).items).toHaveLength(20);
    });
    expect(queries).toHaveLength(2);
    for (const query of queries) {
      expectIndexed(query);
      // 20 documents of the page, one more, and up to 3 ties at the cursor; keys also include one per status.
      expect(query.docsExamined).toBeLessThanOrEqual(21 + 3);
      expect(query.keysExamined).toBeLessThanOrEqual(21 + 7 + 3);
    }
  });

  it('of the end of a list read no deleted recording and none without an egress id', async () => {
    const queries = await profileQueries(mongodb, async () => {
      const { items, next } = await stores.recordings.list({}, 100, { value: 0, id: '000000000000000000000000' });
      expect({ count: items.length, next }).toEqual({ count: 10, next: undefined });
    });
    expect(queries[0]?.docsExamined).toBeLessThanOrEqual(12);
  });

  it('of a search by room name use the index of the list', async () => {
    const queries = await profileQueries(mongodb, async () => {
      await stores.recordings.list({ roomName: 'week' }, 20);
      await stores.recordings.list({ roomName: 'week', roomId: 'room-1', status: 'complete' }, 20);
      await stores.rooms.list({ roomName: 'week' }, 20);
    });
    expect(queries.length).toBeGreaterThanOrEqual(3);
    queries.forEach(expectIndexed);
  });

  it('of expired rooms read only the expired rooms, batch by batch', async () => {
    const dated = numbered(250).map((id, index) => buildRoom(`dated-${id}`, { autoDeletionDate: Math.floor(index / 2) }));
    await Promise.all(dated.map((room) => stores.rooms.create(room.roomId, room)));
    const queries = await profileQueries(mongodb, async () => {
      expect(await collect(stores.rooms.expired(75))).toHaveLength(150);
    });
    expect(queries).toHaveLength(2);
    for (const query of queries) {
      expectIndexed(query);
      expect(query.docsExamined).toBeLessThanOrEqual(100);
      expect(query.keysExamined).toBeLessThanOrEqual(102);
    }
  });

  it('of a recording by its uid, its live room or its start key, and of a taken key, examine one key for each value', async () => {
    const foreign = Array.from({ length: 40 }, (_, index) => buildForeignRecording(`f${String(index).padStart(9, '0')}`));
    await mongodb.db.collection('meetrecordings').insertMany(foreign);
    await stores.recordings.create('live', buildRecording('live', { roomId: 'room-live', startKey: 'key' }));
    const read = async (run: () => Promise<unknown>) => {
      const queries = await profileQueries(mongodb, async () => {
        await run();
      });
      queries.forEach(expectIndexed);
      return queries.map(({ keysExamined, docsExamined }) => [keysExamined, docsExamined]);
    };
    expect(await read(() => stores.recordings.load('live'))).toEqual([[1, 1]]);
    expect(await read(() => stores.recordings.load('nowhere'))).toEqual([[0, 0]]);
    expect(await read(() => stores.recordings.findLive('room-live'))).toEqual([[1, 1]]);
    expect(await read(() => stores.recordings.findByStartKey('key'))).toEqual([[1, 1]]);
    const taken = buildRecording('other', { roomId: 'room-live', startKey: 'another' });
    expect(await read(() => stores.recordings.create('other', taken))).toEqual([[1, 1]]);
    const many = numbered(20);
    const reads = await read(() => Promise.all(many.map((uid) => stores.recordings.load(uid))));
    // The keys of one command may cost one seek each.
    expect(reads.reduce((sum, [keys = 0]) => sum + keys, 0)).toBeLessThanOrEqual(2 * many.length);
    expect(reads.reduce((sum, [, documents = 0]) => sum + documents, 0)).toBe(many.length);
  });

  it('of the rooms in a meeting read only these rooms', async () => {
    await stores.rooms.create('meeting', buildRoom('meeting', { tally: { state: 'active_meeting' } }));
    const [query] = await profileQueries(mongodb, async () => {
      expect(await collect(stores.rooms.inMeeting())).toHaveLength(1);
    });
    expect(query).toMatchObject({ plan: expect.stringMatching(/IXSCAN/), docsExamined: 1, keysExamined: 1 });
  });

  it('of every other query use an index', async () => {
    const queries = await profileQueries(mongodb, async () => {
      await stores.recordings.load('u0001');
      await stores.recordings.due(10, 20);
      await stores.recordings.owing(20);
      await stores.recordings.findLive('room-of-undated-u0001');
      await stores.recordings.findByStartKey('u0001');
      await stores.recordings.hasRecordings('room-1');
      await collect(stores.recordings.unsettled());
      await collect(stores.recordings.keysOfRoom('room-2'));
      await stores.recordings.create('u0001', buildRecording('u0001'));
      await stores.rooms.load('u0001');
      await stores.rooms.due(10, 20);
      await stores.rooms.list({}, 20);
    });
    expect(queries.length).toBeGreaterThanOrEqual(12);
    queries.forEach(expectIndexed);
    const [due] = queries.filter(({ filter }) => filter.includes('tally.dueAt'));
    expect(due?.keysExamined).toBeLessThanOrEqual(21);
  });
});

function expectIndexed({ plan, filter }: Query): void {
  expect(plan, filter).toMatch(/IXSCAN|COUNT_SCAN|IDHACK/);
  expect(plan, filter).not.toMatch(/COLLSCAN|SORT(?!_MERGE)/);
}

describe('a search by room name in MongoDB', () => {
  it('ends a page early after scanLimit documents, with a cursor that continues from there', async () => {
    const limited = await openLimited(50);
    const keys = numbered(230);
    await addAll(keys.map((uid, index) => named(uid, index)));
    const pages: string[][] = [];
    let after: PageCursor | undefined;
    do {
      const page = await limited.store.list({ roomName: 'rare' }, 2, after);
      pages.push(page.items.map(({ uid }) => uid));
      after = page.next;
    } while (after !== undefined);
    expect(pages.flat()).toEqual(keys.filter((_, index) => isRare(index)).reverse());
    expect(pages.length).toBeLessThanOrEqual(6 + pages.flat().length);
    await limited.close();
  });

  const isRare = (index: number) => index % 57 === 0;
  const named = (uid: string, index: number) => {
    const roomName = isRare(index) ? 'Rare' : 'Common';
    // The first 60 have no start date; of the others, three share each start date.
    return index < 60 ? buildUndated(uid, { roomName }) : buildRecording(uid, { roomName, startDate: Math.floor(index / 3) });
  };

  async function openLimited(scanLimit: number): Promise<{ store: RecordingStore; close: () => Promise<void> }> {
    const connection = await connect({ uri: mongodb.set.uri, dbName, limits: DEFAULT_LIMITS });
    return { store: createMongoRecordingStore(connection, systemClock, scanLimit), close: () => connection.close() };
  }

  /** Creates the documents one after the other, because lists show equal start dates in the order of creation. */
  async function addAll(documents: RecordingDocument[]): Promise<void> {
    for (const document of documents) await stores.recordings.create(document.uid, document);
  }
});

describe('a page cursor of the MongoDB store', () => {
  it('with an invented id is used as a position in the list', async () => {
    await stores.recordings.create('one', buildRecording('one', { startDate: 5 }));
    for (const id of ['x', '123456789012', '{"$gt":""}']) {
      const { items } = await stores.recordings.list({}, 10, { value: 6, id });
      expect(items.map(({ uid }) => uid)).toEqual(['one']);
      expect(await stores.recordings.list({}, 10, { value: null, id })).toEqual({ items: [] });
    }
  });
});

describe('a MongoDB connection', () => {
  it('reads lists with the read preference of the URI, and everything else from the primary', async () => {
    const uri = `${mongodb.set.uri}&readPreference=secondaryPreferred&w=1&readConcernLevel=local`;
    const connection = await connect({ uri, dbName, limits: DEFAULT_LIMITS });
    const lists = connection.lists('any');
    // With a local read concern, a list could show a write that the kernel's next majority read does not show yet.
    expect([lists.readPreference?.mode, lists.readConcern?.level]).toEqual(['secondaryPreferred', 'majority']);
    const { readPreference, readConcern, writeConcern } = connection.kernel('any');
    expect({ mode: readPreference?.mode, level: readConcern?.level, w: writeConcern?.w, journal: writeConcern?.journal }).toEqual(
      {
        mode: 'primary',
        level: 'majority',
        w: 'majority',
        journal: true,
      },
    );
    await connection.close();
  });

  it('shows a write in a list only when the next majority read shows it too', async () => {
    const connection = await connect({ uri: mongodb.set.uri, dbName, limits: DEFAULT_LIMITS });
    const [shown, decides] = [connection.lists('seen'), connection.kernel('seen')];
    const _id = new mongo.ObjectId();
    await decides.insertOne({ _id, version: 0 });
    // With the local read concern, one of eight majority reads did not show the write yet.
    for (let version = 1; version <= 200; version++) {
      const writing = decides.updateOne({ _id }, { $set: { version } });
      while ((await shown.findOne({ _id }))?.['version'] !== version);
      expect((await decides.findOne({ _id }))?.['version']).toBe(version);
      await writing;
    }
    await connection.close();
  });
});
