import { randomBytes } from 'node:crypto';

import { createConnection } from 'mongoose';

import { openMongo } from '../../support/stores/open-mongo.js';
import { createS3Bucket } from '../../support/stores/s3-bucket.js';
import type { SharedServers } from '../../support/stores/stores.js';
import type { RealEdgeStores } from './edge-stores.js';

/** Stores in a new database and a new bucket. */
export async function openRealEdgeStores({ mongoUri: uri, s3 }: SharedServers): Promise<RealEdgeStores> {
  const dbName = `tally-http-${randomBytes(6).toString('hex')}`;
  const [mongo, bucket, own] = await Promise.all([
    openMongo({ uri, dbName }),
    createS3Bucket(s3),
    createConnection(uri, { dbName }).asPromise(),
  ]);
  const written = new Set<string>();
  return {
    recordings: mongo.recordings,
    rooms: mongo.rooms,
    apiKeys: mongo.apiKeys,
    media: bucket.media,
    async write(key, bytes) {
      await bucket.write(key, bytes);
      written.add(key);
    },
    async empty() {
      const collections = await own.getClient().db(dbName).collections();
      await Promise.all(collections.map((collection) => collection.deleteMany({})));
      for (const key of written) await bucket.media.remove(key);
      written.clear();
    },
    async close() {
      await own.dropDatabase();
      await own.close();
      await mongo.close();
      await bucket.dispose();
    },
  };
}
