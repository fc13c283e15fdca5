import { startFauxqs } from 'fauxqs';

import { crowdedRoomContract } from '../../contracts/crowded-room.js';

crowdedRoomContract({
  name: 'LMDB and an S3 server in this process',
  async start() {
    const server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
    const s3 = { endpoint: `http://127.0.0.1:${String(server.port)}`, accessKey: 'any', secretKey: 'any' };
    return { s3, stop: () => server.stop() };
  },
  // The suite takes five seconds on a quiet machine: the S3 client, its server and a proxy all run in this process.
  timeoutMs: 180_000,
});
