import { minioPassword, minioUser, startMinio, startMongo } from '../servers/index.js';
import { crowdedRoomContract } from '../contracts/crowded-room.js';

crowdedRoomContract({
  name: 'MongoDB and MinIO',
  async start() {
    const [minio, mongo] = await Promise.all([startMinio(), startMongo()]);
    return {
      s3: { endpoint: minio.endpoint, accessKey: minioUser, secretKey: minioPassword },
      env: { MEET_MONGO_URI: mongo.uri, MEET_MONGO_DB_NAME: 'tally' },
      async stop() {
        await minio.stop();
        await mongo.stop();
      },
    };
  },
  timeoutMs: 150_000,
});
