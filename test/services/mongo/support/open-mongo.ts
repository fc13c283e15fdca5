import { createConnection, type mongo } from 'mongoose';
import { startMongo, type MongoReplicaSet } from '../../../servers/index.js';
import type { MongoOptions } from '../../../../src/persistence/mongo/database.js';
import { type Mongo, openMongo } from '../../../support/stores/open-mongo.js';
import { dbName } from './names.js';

export interface MongoUnderTest {
  set: MongoReplicaSet;
  /** The database, for direct access without the adapter. */
  db: mongo.Db;
  open: (options?: Partial<MongoOptions>) => Promise<Mongo>;
  /** Removes every document; collections and indexes stay. */
  empty: () => Promise<void>;
  stop: () => Promise<void>;
}

export async function startMongoUnderTest(): Promise<MongoUnderTest> {
  const set = await startMongo();
  const own = await createConnection(set.uri, { dbName, monitorCommands: true }).asPromise();
  const db: mongo.Db = own.getClient().db(dbName);
  return {
    set,
    db,
    open: (options = {}) => openMongo({ uri: set.uri, dbName, ...options }),
    async empty() {
      const collections = (await db.collections()).filter((collection) => !collection.collectionName.startsWith('system.'));
      await Promise.all(collections.map((collection) => collection.deleteMany({}, { writeConcern: { w: 'majority' } })));
    },
    async stop() {
      await own.close(true);
      await set.stop();
    },
  };
}
