import { beforeAll, expect, it } from 'vitest';
import type { Mongo } from '../../support/stores/open-mongo.js';
import { apiKeyStoreContract } from '../../contracts/api-key-store.js';
import { jobRunsContract } from '../../contracts/job-runs.js';
import { recordingStoreContract } from '../../contracts/recording-store.js';
import { roomStoreContract } from '../../contracts/room-store.js';
import { settingsStoreContract } from '../../contracts/settings-store.js';
import { tombstoneContract } from '../../contracts/tombstones.js';
import { startMongoUnderTest, type MongoUnderTest } from './support/open-mongo.js';

const name = 'MongoDB';
let mongo: MongoUnderTest;
let stores: Mongo;

beforeAll(async () => {
  mongo = await startMongoUnderTest();
  stores = await mongo.open();
  return async () => {
    await stores.close();
    await mongo.stop();
  };
});

recordingStoreContract({
  name,
  create: async () => {
    await mongo.empty();
    return { store: stores.recordings };
  },
});

tombstoneContract({
  name,
  create: async () => {
    await mongo.empty();
    return { store: stores.recordings };
  },
});

roomStoreContract({
  name,
  create: async () => {
    await mongo.empty();
    return { store: stores.rooms };
  },
});

apiKeyStoreContract({
  name,
  create: async () => {
    await mongo.empty();
    return { store: stores.apiKeys };
  },
});

settingsStoreContract({
  name,
  create: async () => {
    await mongo.empty();
    return { store: stores.settings };
  },
});

jobRunsContract({
  name,
  create: async () => {
    await mongo.empty();
    return { runs: stores.jobRuns };
  },
});

it('the MongoDB stores answer a ping', async () => {
  await expect(stores.ping()).resolves.toBeUndefined();
});
