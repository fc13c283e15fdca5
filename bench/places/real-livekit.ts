import { EgressClient } from 'livekit-server-sdk';

import {
  joinSilently,
  liveKitKey,
  liveKitSecret,
  runSettings,
  startEgressWorker,
  startLiveKit,
  startRedis,
} from '../../test/servers/index.js';
import type { Bucket } from './bucket.js';
import type { LiveKit, LiveKitOptions } from './livekit.js';

const CAPACITY = 10_000;
/** The worker uploads into this folder of the bucket, and Tally reads it as its own. */
const FOLDER = 'recorded';

/**
 * Start livekit-server on a Redis of its own, with a stand-in egress worker. The worker joins the room as a recorder, captures
 * nothing and uploads a ready-made file.
 */
export async function openRealLiveKit(s3: Bucket, { webhookUrl, activeAfterMs = 0 }: LiveKitOptions): Promise<LiveKit> {
  const redis = await startRedis();
  const server = await startLiveKit({ redis: redis.address, webhookUrls: [webhookUrl] });
  const { url, wsUrl } = server;
  const worker = await startEgressWorker({
    ...{ redis: redis.address, wsUrl, filesDir: runSettings().dir, s3 },
    ...{ media: false, capacity: CAPACITY, activeAfterMs },
  });
  const owned = [worker, server, redis];
  const keys = { apiKey: liveKitKey, apiSecret: liveKitSecret };
  const egress = new EgressClient(url, keys.apiKey, keys.apiSecret);

  return {
    url,
    ...keys,
    env: {
      ...{ LIVEKIT_URL: wsUrl, LIVEKIT_API_KEY: keys.apiKey, LIVEKIT_API_SECRET: keys.apiSecret },
      ...{ MEET_S3_SERVICE_ENDPOINT: s3.endpoint, MEET_S3_BUCKET: s3.bucket, MEET_S3_SUBBUCKET: FOLDER },
      ...{ MEET_S3_ACCESS_KEY: s3.accessKey, MEET_S3_SECRET_KEY: s3.secretKey },
    },
    async join(roomIds) {
      owned.unshift(await joinSilently(wsUrl, roomIds, 'ada'));
    },
    egressCount: async (roomId) => (await egress.listEgress({ roomName: roomId })).length,
    async close() {
      for (const process of owned) await process.stop();
    },
  };
}
