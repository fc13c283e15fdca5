import { beforeAll, expect, it, vi } from 'vitest';
import type { RecordingFilter, RecordingStore } from '../../../src/machines/recording/ports.js';
import { RECORDING_STATUSES, type RecordingDocument } from '../../../src/machines/recording/recording.js';
import type { Mongo } from '../../../src/persistence/mongo/open-mongo.js';
import { asListed, buildEffect, buildRecording, buildUndated, buildUnnamed } from '../../contracts/documents.js';
import { collect } from '../../support/collect.js';
import { createMemoryRecordingStore } from '../../support/memory-recording-store.js';
import { createRandom, type Random } from '../../support/random.js';
import { startMongoUnderTest, type MongoUnderTest } from './support/open-mongo.js';

vi.setConfig({ testTimeout: 60_000 });

const steps = 150;
const roomIds = ['room-a', 'room-b', 'room-c'];
const states = [{ starting: 'requesting' }, { starting: 'awaiting' }, 'active', 'stopping', 'complete', 'failed', 'deleted'];
type Write = (store: RecordingStore) => Promise<unknown>;

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

function drawWrite(random: Random): Write {
  const uid = `u${random.below(12)}`;
  const document = drawDocument(uid, random);
  const version = 1 + random.below(3);
  const kind = random.below(10);
  if (kind < 4) return (store) => store.create(uid, document);
  if (kind < 5) return (store) => store.remove(uid, version);
  return async (store) => {
    const current = kind < 9 ? ((await store.load(uid))?.tally.version ?? version) : version;
    return store.save(uid, { ...document, tally: { ...document.tally, version: current + 1 } }, current);
  };
}

function drawDocument(uid: string, random: Random): RecordingDocument {
  const roomId = draw(roomIds, random);
  return draw([buildRecording, buildUndated, buildUnnamed], random)(uid, {
    roomId,
    roomName: draw(['Sales', 'Design', 'sales 2'], random),
    liveKey: random.below(2) === 0 ? roomId : uid,
    startKey: random.below(3) === 0 ? `key-${random.below(4)}` : uid,
    limitReached: random.below(4) === 0,
    tally: {
      state: draw(states, random),
      effects: random.below(2) === 0 ? [] : [buildEffect('notify')],
      dueAt: random.below(3) === 0 ? null : random.below(50) / 2,
    },
  });
}

/** All that a store can be asked; what is tied is in no order. */
async function viewOf(store: RecordingStore): Promise<unknown> {
  const filters: RecordingFilter[] = [{}, { roomName: 'sales' }];
  for (const roomId of roomIds) filters.push({ roomId }, { roomId, status: 'active' }, { roomId, roomName: '2' });
  for (const status of RECORDING_STATUSES) filters.push({ status });
  return {
    lists: await Promise.all(filters.map(async (filter) => byUid((await store.list(filter, 100)).items).map(asListed))),
    live: await Promise.all(roomIds.map((roomId) => store.findLive(roomId))),
    byStartKey: await Promise.all([0, 1, 2, 3].map((key) => store.findByStartKey(`key-${key}`))),
    unsettled: byUid(await collect(store.unsettled())),
    rooms: await Promise.all(roomIds.map(async (roomId) => (await collect(store.keysOfRoom(roomId))).sort())),
    hasRecordings: await Promise.all(roomIds.map((roomId) => store.hasRecordings(roomId))),
    owing: await store.owing(100),
    due: (await store.due(12, 100)).sort(),
  };
}

function byUid<Listed extends { uid: string }>(documents: Listed[]): Listed[] {
  return documents.sort((one, other) => (one.uid < other.uid ? -1 : 1));
}

function draw<Item>(items: readonly Item[], random: Random): Item {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new Error('nothing to draw from');
  return item;
}
