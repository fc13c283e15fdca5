import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PageCursor } from '../../../src/machines/ports/pages.js';
import { statusOf } from '../../../src/machines/recording/recording.js';
import type { Mongo } from '../../support/stores/open-mongo.js';
import { nextOf } from '../../contracts/documents.js';
import { collect } from '../../support/collect.js';
import { buildForeignRecording, buildForeignRoom } from './support/foreign-documents.js';
import { startMongoUnderTest, type MongoUnderTest } from './support/open-mongo.js';

/** The batch size of the adopting process that is killed, in documents. */
const BATCH = 250;

const UNIQUE = ['uid_1_if_present', 'liveKey_1_if_present', 'startKey_1_if_present'];

let mongodb: MongoUnderTest;
let stores: Mongo | undefined;

beforeAll(async () => {
  mongodb = await startMongoUnderTest();
  return () => mongodb.stop();
});
beforeEach(async () => {
  await mongodb.db.dropDatabase();
});
afterEach(async () => {
  await stores?.close();
  stores = undefined;
});

const recordings = () => mongodb.db.collection('meetrecordings');
const rooms = () => mongodb.db.collection('meetrooms');

describe('recordings of OpenVidu Meet', () => {
  // This test takes over 5 s: a process starts three times and adopts ten thousand documents.
  it('are all adopted, 10 000 of them, although two earlier attempts were killed', async () => {
    const originals = Array.from({ length: 10_000 }, (_, index) => {
      const uid = index.toString(16).padStart(10, '0');
      const extra = { startDate: index, custom: { nested: [index, 'ünïcödé', null] } };
      if (index % 2_500 === 7) return buildForeignRecording(uid, { ...extra, roomId: 'twice', status: 'active' });
      return buildForeignRecording(uid, { ...extra, roomId: `room-${index % 100}` });
    });
    await recordings().insertMany(originals.map((each) => ({ ...each })));

    await adoptAndKillAfter(9 * BATCH);
    await adoptAndKillAfter(11 * BATCH);
    const left = await recordings().countDocuments({ uid: null });
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(10_000 - 15 * BATCH);

    stores = await mongodb.open();
    expect(stores.migrated['v1_documents']?.['recordings']).toBe(left);
    const stored = new Map((await recordings().find().toArray()).map((each) => [each['recordingId'] as unknown, each]));
    for (const { status, ...original } of originals) {
      const { [original.recordingId]: kept } = { [original.recordingId]: stored.get(original.recordingId) };
      expect(Object.fromEntries(Object.keys(original).map((name) => [name, kept?.[name]]))).toEqual(original);
      if (original.roomId !== 'twice') expect(kept?.['status']).toBe(status);
    }

    const live = await stores.recordings.findLive('twice');
    expect(live).toMatchObject({ uid: (7_507).toString(16).padStart(10, '0'), tally: { state: 'active', effects: [] } });
    const unsettled = await collect(stores.recordings.unsettled());
    const others = unsettled.filter(({ uid }) => uid !== live?.uid);
    expect(others).toHaveLength(3);
    for (const other of others) {
      expect(other).toMatchObject({ liveKey: other.uid, stopReason: 'superseded', tally: { state: { stopping: 'ending' } } });
      expect(other.tally.effects).toMatchObject([{ name: 'stopEgress', params: { egressId: `EG_${other.uid}` } }]);
    }
    expect((await stores.recordings.due(Date.now(), 10)).sort()).toEqual(others.map(({ uid }) => uid).sort());
    expect(await pagedThrough(stores)).toHaveLength(10_000);
  });

  it('keep every field when they are adopted and saved', async () => {
    const original = buildForeignRecording('0123456789', { custom: { nested: [1, 'two', null] }, startDate: 5.25 });
    await recordings().insertOne({ ...original });
    stores = await mongodb.open();
    const [before] = await recordings().find().toArray();
    const loaded = await stores.recordings.load('0123456789');
    if (loaded === undefined) throw new Error('not taken in');
    expect(loaded).toMatchObject({ mediaKey: 'recordings/room-of-0123456789/room-of-0123456789--0123456789.mp4', __v: 0 });
    expect(await stores.recordings.save('0123456789', nextOf(loaded, { size: 7 }), 1)).toBe(true);
    const [after] = await recordings().find().toArray();
    expect(after).toMatchObject({ ...original, _id: before?._id, size: 7 });
  });

  it('of every status are adopted with the same status', async () => {
    const statuses = ['starting', 'active', 'ending', 'complete', 'limit_reached', 'failed', 'aborted'];
    await recordings().insertMany(
      statuses.map((status, index) => ({ ...buildForeignRecording(`000000000${index}`, { status }) })),
    );
    stores = await mongodb.open();
    for (const [index, status] of statuses.entries()) {
      const recording = await stores.recordings.load(`000000000${index}`);
      if (recording === undefined) throw new Error(`not taken in: ${status}`);
      expect(statusOf(recording)).toBe(status);
      const isOpen = index < 3;
      expect(recording.liveKey === recording.roomId).toBe(isOpen);
      expect(recording).toMatchObject({ startKey: recording.uid, egressId: `EG_000000000${index}`, tally: { effects: [] } });
    }
    expect(stores.migrated['v1_documents']).toEqual({ recordings: 7, rooms: 0, superseded: 0 });
    expect((await collect(stores.recordings.unsettled())).map(({ uid }) => uid)).toEqual(
      [0, 1, 2].map((index) => `000000000${index}`),
    );
  });

  it('with the same uid in two rooms are both adopted', async () => {
    const one = buildForeignRecording('0123456789', { roomId: 'one' });
    const two = buildForeignRecording('0123456789', { roomId: 'two', status: 'active' });
    await recordings().insertMany([one, two].map((each) => ({ ...each })));
    stores = await mongodb.open();
    const { recordings: store } = stores;
    const { items } = await store.list({}, 10);
    expect(items.map(({ roomId }) => roomId).sort()).toEqual(['one', 'two']);
    expect(new Set(items.map(({ uid }) => uid)).size).toBe(2);
    const loaded = await Promise.all(items.map(({ uid }) => store.load(uid)));
    expect(loaded.map((recording) => recording?.mediaKey).sort()).toEqual([
      'recordings/one/one--0123456789.mp4',
      'recordings/two/two--0123456789.mp4',
    ]);
    expect((await stores.recordings.findLive('two'))?.roomId).toBe('two');
  });
});

describe('rooms of OpenVidu Meet', () => {
  it('are adopted with their status, and keep every field when they are saved', async () => {
    const originals = ['open', 'active_meeting', 'closed'].map((status) => buildForeignRoom(status, { status, extra: [status] }));
    await rooms().insertMany(originals.map((each) => ({ ...each })));
    stores = await mongodb.open();
    for (const original of originals) {
      const roomId = String(original['roomId']);
      const loaded = await stores.rooms.load(roomId);
      if (loaded === undefined) throw new Error(`not taken in: ${roomId}`);
      expect(loaded.tally).toMatchObject({ state: roomId, version: 1, dueAt: null });
      expect(await stores.rooms.save(roomId, nextOf(loaded, { roomName: 'After' }), 1)).toBe(true);
      expect(await rooms().findOne({ roomId })).toMatchObject({ ...original, roomName: 'After' });
    }
    expect((await stores.rooms.list({}, 10)).items).toHaveLength(3);
  });
});

describe('documents without the name by which lists find them', () => {
  it('get it at the next start, which does not adopt them again, and tombstones need none', async () => {
    await recordings().insertOne({ ...buildForeignRecording('0123456789', { roomName: 'Straße' }) });
    await rooms().insertOne({ ...buildForeignRoom('room', { roomName: 'GROẞ' }) });
    stores = await mongodb.open();
    await recordings().updateOne({ uid: '0123456789' }, { $unset: { 'tally.name': 1 } });
    await rooms().updateOne({ roomId: 'room' }, { $unset: { 'tally.name': 1 } });
    // As written by an instance of release 0.1 that still runs: found by letters as they are, in upper and lower case.
    expect((await stores.recordings.list({ roomName: 'STRAß' }, 10)).items).toHaveLength(1);
    expect((await stores.rooms.list({ roomName: 'gro' }, 10)).items).toHaveLength(1);
    await stores.close();
    const tombstone = {
      uid: '9876543210',
      liveKey: '9876543210',
      startKey: '9876543210',
      tally: { state: 'deleted', changedAt: 1 },
    };
    await recordings().insertOne(tombstone);

    stores = await mongodb.open();
    expect(stores.migrated['v1_documents']).toBeUndefined();
    expect(stores.migrated['mongodb_names']).toEqual({ recordings: 1, rooms: 1 });
    expect((await stores.recordings.list({ roomName: 'strasse' }, 10)).items).toHaveLength(1);
    expect((await stores.rooms.list({ roomName: 'gross' }, 10)).items).toHaveLength(1);
    await stores.close();
    stores = await mongodb.open();
    expect(stores.migrated['mongodb_names']).toBeUndefined();
  });
});

describe('documents that OpenVidu Meet writes while Tally runs', () => {
  it('are ignored until the next start adopts them', async () => {
    await recordings().insertOne({ ...buildForeignRecording('0123456789') });
    await rooms().insertOne({ ...buildForeignRoom('before') });
    stores = await mongodb.open();
    for (const uid of ['9876543210', '9876543211']) {
      await recordings().insertOne({ ...buildForeignRecording(uid, { roomId: 'since' }) });
    }
    await rooms().insertOne({ ...buildForeignRoom('since', { status: 'active_meeting', autoDeletionDate: 1 }) });

    expect(await listedIn(stores)).toEqual([['0123456789'], ['before']]);
    expect(await stores.rooms.load('since')).toBeUndefined();
    expect(await collect(stores.rooms.inMeeting())).toEqual([]);
    expect(await collect(stores.rooms.expired(2))).toEqual([]);
    expect(await collect(stores.recordings.keysOfRoom('since'))).toEqual([]);
    expect((await stores.recordings.list({ roomName: 'weekly' }, 10)).items).toHaveLength(1);
    await stores.close();

    stores = await mongodb.open();
    expect(stores.migrated['v1_documents']).toMatchObject({ recordings: 2, rooms: 1 });
    expect(await listedIn(stores)).toEqual([
      ['0123456789', '9876543210', '9876543211'],
      ['before', 'since'],
    ]);
  });
});

async function listedIn(opened: Mongo): Promise<string[][]> {
  const [recorded, made] = await Promise.all([opened.recordings.list({}, 10), opened.rooms.list({}, 10)]);
  return [recorded.items.map(({ uid }) => uid).sort(), made.items.map(({ roomId }) => roomId).sort()];
}

describe('opening the MongoDB stores', () => {
  it('keeps the indexes of other programs and builds each index of Tally once', async () => {
    await recordings().createIndexes([
      { key: { roomId: 1, startDate: -1, _id: -1 }, name: 'by another name' },
      { key: { custom: 1 }, name: 'of another program' },
    ]);
    stores = await mongodb.open();
    await stores.close();
    const before = await recordings().indexes();
    stores = await mongodb.open();
    expect(await recordings().indexes()).toEqual(before);
    const names = before.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['by another name', 'of another program', ...UNIQUE]));
    expect(names).not.toContain('roomId_1_startDate_-1__id_-1');
    for (const { name = '', partialFilterExpression, sparse } of before) {
      expect([partialFilterExpression !== undefined, sparse]).toEqual([UNIQUE.includes(name), undefined]);
    }
  });

  it('adopts each recording once when three instances open them at once', async () => {
    await recordings().insertMany(
      Array.from({ length: 600 }, (_, index) => ({
        ...buildForeignRecording(`${index}`.padStart(10, '0'), {
          status: 'active',
          roomId: `room-${index % 200}`,
          startDate: index,
        }),
      })),
    );
    const all = await Promise.all([mongodb.open(), mongodb.open(), mongodb.open()]);
    expect(all.reduce((sum, { migrated }) => sum + (migrated['v1_documents']?.['recordings'] ?? 0), 0)).toBe(600);
    expect((await all[0].recordings.findLive('room-7'))?.uid).toBe('0000000407');
    await Promise.all(all.map((each) => each.close()));
  });
});

async function pagedThrough({ recordings: store }: Mongo): Promise<string[]> {
  const seen = new Set<string>();
  let after: PageCursor | undefined;
  do {
    const { items, next } = await store.list({}, 100, after);
    for (const { uid } of items) seen.add(uid);
    after = next;
  } while (after !== undefined);
  return [...seen];
}

/** Starts a child process that adopts recordings, and kills it once it has adopted `count`. */
async function adoptAndKillAfter(count: number): Promise<void> {
  const script = join(import.meta.dirname, 'support/adopt-process.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, mongodb.set.uri, String(BATCH)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const adopted of createInterface({ input: child.stdout })) {
    if (Number(adopted) < count) continue;
    child.kill('SIGKILL');
    break;
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
}
