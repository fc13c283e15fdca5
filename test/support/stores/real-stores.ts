import { randomBytes } from 'node:crypto';

import { createConnection } from 'mongoose';

import { startRedis } from '../../servers/index.js';
import { createDataFolder } from './data-folder.js';
import { createS3Bucket } from './s3-bucket.js';
import type { SharedServers, TestStores } from './stores.js';

/**
 * Creates a new database on the shared MongoDB, a new bucket on the shared S3 server, and a new Redis server. Tests cannot share
 * a Redis server, because its channels are common to all of its databases.
 */
export async function createRealStores({ mongoUri, s3 }: SharedServers): Promise<TestStores> {
  const folder = await createDataFolder();
  const redis = await startRedis();
  const bucket = await createS3Bucket(s3);
  const dbName = `tally-${randomBytes(6).toString('hex')}`;
  return {
    media: bucket.media,
    write: bucket.write,
    dataDir: folder.path,
    env: {
      TALLY_DATA_DIR: folder.path,
      MEET_MONGO_URI: mongoUri,
      MEET_MONGO_DB_NAME: dbName,
      MEET_REDIS_HOST: '127.0.0.1',
      MEET_REDIS_PORT: String(redis.port),
      MEET_REDIS_PASSWORD: '',
      MEET_S3_SERVICE_ENDPOINT: s3.endpoint,
      MEET_S3_ACCESS_KEY: s3.accessKey,
      MEET_S3_SECRET_KEY: s3.secretKey,
      MEET_S3_BUCKET: bucket.name,
      MEET_S3_SUBBUCKET: bucket.options.subfolder,
    },
    async remove() {
      const connection = await createConnection(mongoUri, { dbName }).asPromise();
      await connection.dropDatabase();
      await connection.close();
      await redis.stop();
      await bucket.dispose();
      await folder.remove();
    },
  };
}
