import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { poll } from '../../servers/index.js';
import { systemClock } from '../../../src/clock.js';
import { StoreUnavailableError } from '../../../src/errors.js';
import { connectMongo, type MongoDatabase } from '../../../src/persistence/mongo/database.js';
import type { Migration } from '../../../src/persistence/migrations/migration.js';
import { buildRecording } from '../../contracts/documents.js';
import { TIMING } from '../../support/stores/open-mongo.js';
import { dbName } from './support/names.js';
import { startMongoUnderTest, type MongoUnderTest } from './support/open-mongo.js';

let mongodb: MongoUnderTest;
let database: MongoDatabase;

beforeEach(async () => {
  mongodb = await startMongoUnderTest();
  const stores = await mongodb.open();
  for (const uid of ['one', 'two', 'three']) await stores.recordings.create(uid, buildRecording(uid));
  await stores.close();
  database = await connectMongo({ uri: mongodb.set.uri, dbName, timing: TIMING, clock: systemClock });
});
afterEach(async () => {
  await database.close();
  await mongodb.stop();
});

const recordings = () => mongodb.db.collection('meetrecordings');

const PARTIAL_UID = { name: 'uid_1_if_present', partialFilterExpression: { uid: { $exists: true } } };
const UNIQUE_FIELDS = ['uid', 'liveKey', 'startKey'];

/** Pauses a secondary member. @returns a function that resumes it */
async function pauseSecondary(): Promise<() => void> {
  const primary = await mongodb.set.primary();
  const other = mongodb.set.nodes.find((node) => node !== primary);
  other?.pause();
  return () => other?.resume();
}

/** Starts an index build that waits for every member, which is MongoDB's default. */
async function startBuild(): Promise<{ over: Promise<unknown> }> {
  const over = recordings().createIndexes([{ key: { uid: 1 }, unique: true, ...PARTIAL_UID }]);
  await poll('the build is listed', 20_000, async () =>
    (await recordings().indexes()).some(({ name }) => name === PARTIAL_UID.name),
  );
  return { over };
}

async function indexing(run: (migration: Migration) => Promise<void>, signal = new AbortController().signal): Promise<void> {
  await database.migrate(async (migrations) => {
    const migration = migrations.find(({ name }) => name === 'mongodb_indexes');
    if (migration === undefined) throw new Error('there is no such migration');
    await run(migration);
  }, signal);
}

const run = (migration: Migration, signal = new AbortController().signal) => migration.run({ signal, onBatch: () => undefined });

describe('the indexes in MongoDB', () => {
  it('are built while a member of the replica set is down', async () => {
    await recordings().dropIndexes();
    const resume = await pauseSecondary();
    await indexing(async (migration) => {
      expect(await migration.isNeeded()).toBe(true);
      const { built = 0 } = await run(migration);
      expect(built).toBeGreaterThan(10);
      expect(await migration.isNeeded()).toBe(false);
    });
    resume();
  });

  it('whose build a killed instance left unfinished are awaited by the migration, because only then are keys unique', async () => {
    await recordings().dropIndex(PARTIAL_UID.name);
    const resume = await pauseSecondary();
    const build = await startBuild();
    await indexing(async (migration) => {
      expect(await migration.isNeeded()).toBe(true);
      const running = run(migration);
      resume();
      expect(await running).toMatchObject({ renamed: 0 });
      expect(await migration.isNeeded()).toBe(false);
    });
    await build.over;
    await expect(recordings().insertOne({ uid: 'one' })).rejects.toThrow('E11000');
  });

  it('are not awaited any longer when the program stops', async () => {
    await recordings().dropIndex(PARTIAL_UID.name);
    const resume = await pauseSecondary();
    const build = await startBuild();
    const stopping = new AbortController();
    const waiting = indexing(async (migration) => {
      const running = run(migration, stopping.signal);
      stopping.abort(new Error('stopped'));
      await running;
    }, stopping.signal);
    await expect(waiting).rejects.toThrow(StoreUnavailableError);
    resume();
    await build.over;
  });

  it('of the first release, which refuse documents without the unique fields, are replaced once, and keys stay unique meanwhile', async () => {
    for (const field of UNIQUE_FIELDS) {
      await recordings().createIndexes([{ key: { [field]: 1 }, unique: true }]);
      await recordings().dropIndex(`${field}_1_if_present`);
    }
    await recordings().insertOne({ recordingId: 'foreign-1' });
    await expect(recordings().insertOne({ recordingId: 'foreign-2' })).rejects.toThrow('E11000');
    await indexing(async (migration) => {
      expect(await migration.isNeeded()).toBe(true);
      let isOver = false;
      const running = run(migration).finally(() => (isOver = true));
      let refused = 0;
      while (!isOver) {
        await expect(recordings().insertOne({ recordingId: 'again', liveKey: 'room-of-one' })).rejects.toThrow('E11000');
        refused += 1;
      }
      expect(await running).toEqual({ built: 3, renamed: 0, dropped: 3 });
      expect(refused).toBeGreaterThan(0);
      expect(await migration.isNeeded()).toBe(false);
    });
    const unique = (await recordings().indexes()).filter(({ key }) =>
      UNIQUE_FIELDS.some((field) => field in key && !('roomId' in key)),
    );
    expect(unique.map(({ name }) => name).sort()).toEqual(UNIQUE_FIELDS.map((field) => `${field}_1_if_present`).sort());
    await recordings().insertOne({ recordingId: 'foreign-2' });
    for (const field of UNIQUE_FIELDS) {
      const value = field === 'liveKey' ? 'room-of-one' : 'one';
      await expect(recordings().insertOne({ recordingId: field, [field]: value })).rejects.toThrow('E11000');
    }
  });
});
