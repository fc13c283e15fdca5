import { createConnection } from 'mongoose';

import { minioPassword, minioUser, openRun, startMinio, startMongo, startRedis } from '../../test/servers/index.js';
import { createBucket, type Bucket } from './bucket.js';
import type { Place } from './place.js';
import { openRealLiveKit } from './real-livekit.js';

const BUCKET = 'tally-bench';

/** Real servers, for the benches that need one directly. */
export interface RealPlace extends Place {
  kind: 'real';
  mongoUri: string;
  s3: Bucket;
}

/**
 * Start a MongoDB replica set of three, Redis and MinIO for this run. `openLiveKit` starts livekit-server with the stand-in
 * egress worker.
 *
 * @throws Error a server cannot be had
 */
export async function realPlace(count: Place['count']): Promise<RealPlace> {
  const run = await openRun((line) => process.stderr.write(`services: ${line}\n`));
  Object.assign(process.env, run.env);
  try {
    const [mongo, redis, minio] = await Promise.all([startMongo(), startRedis(), startMinio()]);
    const { endpoint } = minio;
    const s3 = { endpoint, bucket: BUCKET, accessKey: minioUser, secretKey: minioPassword };
    await createBucket(s3);
    let databases = 0;
    return {
      kind: 'real',
      about: {
        ...{ store: 'mongodb, 3 members', locks: 'redis', media: 'minio', livekit: 'livekit-server, stand-in worker' },
        ...Object.fromEntries(run.programs.filter(({ key }) => SHOWN.includes(key)).map(({ name, version }) => [name, version])),
      },
      mongoUri: mongo.uri,
      s3,
      mongoOperations: async () => operationsOf((await mongo.primary()).address),
      async emptyStores() {
        await redis.flush();
        return {
          MEET_MONGO_URI: mongo.uri,
          MEET_MONGO_DB_NAME: `bench-${String(++databases)}`,
          ...{ MEET_REDIS_HOST: '127.0.0.1', MEET_REDIS_PORT: String(redis.port), MEET_REDIS_PASSWORD: '' },
        };
      },
      openLiveKit: (options) => openRealLiveKit(s3, options),
      count,
      close: () => run.close(),
    };
  } catch (error) {
    await run.close();
    throw error;
  }
}

const SHOWN = ['mongod', 'redis', 'minio', 'livekit', 'egress-worker'];

/** The number of reads and writes that one member has done for clients so far. */
async function operationsOf(address: string): Promise<number> {
  const connection = await createConnection(`mongodb://${address}/?directConnection=true`).asPromise();
  try {
    const { opcounters } = await connection.getClient().db('admin').command({ serverStatus: 1 });
    const { query, insert, update, delete: remove } = opcounters as Record<'query' | 'insert' | 'update' | 'delete', number>;
    return query + insert + update + remove;
  } finally {
    await connection.close(true);
  }
}
