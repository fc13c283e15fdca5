import path from 'node:path';

import { expect, it } from 'vitest';

import { parseConfig } from '../../src/config/config.js';
import { adaptersOf } from '../../src/config/summary.js';

it('the summary of an empty environment names the data folder and the simulator', () => {
  expect(adaptersOf(parseConfig({}), 'http://127.0.0.1:7880')).toEqual({
    store: `LMDB in ${path.resolve('.tally')}`,
    locks: 'in this process',
    media: `files in ${path.resolve('.tally/media')}`,
    livekit: 'simulator at http://127.0.0.1:7880',
  });
});

it.each([
  { MEET_REDIS_HOST: 'redis', MEET_REDIS_PASSWORD: 'hush', locks: 'Redis at redis:6379' },
  {
    MEET_REDIS_SENTINEL_HOST_LIST: 's1:26379,s2:26379',
    MEET_REDIS_SENTINEL_PASSWORD: 'hush',
    locks: 'Redis at s1:26379, s2:26379 (Sentinel, master openvidu)',
  },
  { TALLY_REDIS_CLUSTER_NODES: 'c1:1,c2:2', locks: 'Redis at c1:1, c2:2 (cluster)' },
])('the summary of real servers names their addresses and no secret: $locks', ({ locks, ...redis }) => {
  const summary = adaptersOf(
    parseConfig({
      ...redis,
      MEET_MONGO_URI: 'mongodb://admin:hush@m1:27017,m2:27018/?replicaSet=rs0&authSource=hush',
      MEET_MONGO_DB_NAME: 'meet',
      MEET_S3_SERVICE_ENDPOINT: 'https://s3.example.com',
      MEET_S3_BUCKET: 'recordings',
      MEET_S3_SECRET_KEY: 'hush',
      LIVEKIT_URL: 'wss://livekit.example.com',
      LIVEKIT_API_SECRET: 'hush',
    }),
  );
  expect(summary).toEqual({
    store: 'MongoDB at m1:27017,m2:27018, database meet',
    locks,
    media: 'S3 at https://s3.example.com, bucket recordings',
    livekit: 'LiveKit at wss://livekit.example.com',
  });
});
