import { beforeAll, expect, it } from 'vitest';
import type { RecordingFilter, RecordingStore } from '../../../src/machines/recording/recording-store.js';
import { RECORDING_STATUSES } from '../../../src/machines/recording/recording.js';
import type { Mongo } from '../../support/stores/open-mongo.js';
import { asListed } from '../../contracts/documents.js';
import { drawWrite, ROOMS } from '../../contracts/random-writes.js';
import { collect } from '../../support/collect.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createRandom } from '../../support/random.js';
import { startMongoUnderTest, type MongoUnderTest } from './support/open-mongo.js';

const steps = 150;

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

it.each([1, 2, 3, 4])('MongoDB and memory agree after every step of a random history (seed %i)', async (seed) => {
  await mongodb.empty();
  const model = createMemoryRecordingStore();
  const random = createRandom(seed);
  for (let step = 0; step < steps; step += 1) {
    const write = drawWrite(random);
    expect(await write(stores.recordings)).toEqual(await write(model));
    if (step % 10 === 9) expect(await viewOf(stores.recordings)).toEqual(await viewOf(model));
  }
});

/** The answers of a store to all queries. Recordings with equal start dates may come in any order, so lists are sorted by uid. */
async function viewOf(store: RecordingStore): Promise<unknown> {
  const filters: RecordingFilter[] = [{}, { roomName: 'sales' }];
  for (const roomId of ROOMS) filters.push({ roomId }, { roomId, status: 'active' }, { roomId, roomName: '2' });
  for (const status of RECORDING_STATUSES) filters.push({ status });
  return {
    lists: await Promise.all(filters.map(async (filter) => byUid((await store.list(filter, 100)).items).map(asListed))),
    live: await Promise.all(ROOMS.map((roomId) => store.findLive(roomId))),
    byStartKey: await Promise.all([0, 1, 2, 3].map((key) => store.findByStartKey(`key-${key}`))),
    unsettled: byUid(await collect(store.unsettled())),
    rooms: await Promise.all(ROOMS.map(async (roomId) => (await collect(store.keysOfRoom(roomId))).sort())),
    hasRecordings: await Promise.all(ROOMS.map((roomId) => store.hasRecordings(roomId))),
    owing: await store.owing(100),
    due: (await store.due(12, 100)).sort(),
  };
}

function byUid<Listed extends { uid: string }>(documents: Listed[]): Listed[] {
  return documents.sort((one, other) => (one.uid < other.uid ? -1 : 1));
}
