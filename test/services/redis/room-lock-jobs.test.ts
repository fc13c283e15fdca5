import { afterAll, beforeAll } from 'vitest';
import { startRedis, type Redis } from '../../servers/index.js';
import { openRedis } from '../../../src/persistence/redis/open-redis.js';
import { roomLockJobsContract } from '../../contracts/room-lock-jobs.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { connectTo, silentLog } from './servers.js';

let server: Redis;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

roomLockJobsContract({
  name: 'Redis',
  async create(clock) {
    await server.flush();
    const redis = await openRedis({ host: '127.0.0.1', port: server.port, log: silentLog, clock });
    return {
      locks: redis.roomLocks,
      store: createMemoryRecordingStore(),
      loseAll: () => server.flush(),
      dispose: () => redis.close(),
    };
  },
  async takeUndated(roomId) {
    const client = connectTo(server.port);
    const [key, value] = [`ov_meet_lock:recording_active_${roomId}`, 'b'.repeat(32)];
    await client.set(key, value, 'PX', 60_000);
    await client.set(`ov_meet_lock_registry:${key}`, JSON.stringify({ resources: [key], value }));
    client.disconnect();
  },
});
