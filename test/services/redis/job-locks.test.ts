import { setTimeout as delay } from 'node:timers/promises';

import type { Redis as Client } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type Redis, type RunningProcess } from '../../servers/index.js';
import { LocksUnavailableError } from '../../../src/errors.js';
import { hostsAndPorts } from '../../../src/config/values.js';
import { openRedis, type OpenRedis } from '../../../src/persistence/redis/open-redis.js';
import { jobLocksContract } from '../../contracts/job-locks.js';
import { eventually } from '../../support/eventually.js';
import { connectTo, silentLog, startCluster, type RedisGroup } from './servers.js';

const DB = 3;

let server: Redis;
let cluster: RedisGroup;

beforeAll(async () => {
  [server, cluster] = await Promise.all([startRedis(), startCluster()]);
});
afterAll(() => Promise.all([server.stop(), cluster.stop()]));

jobLocksContract({
  name: 'Redis',
  create: async () => {
    await server.flush();
    const redis = await openRedis({ host: '127.0.0.1', port: server.port, db: DB, log: silentLog });
    return { locks: redis.jobLocks, elapse: (ms) => delay(ms), dispose: () => redis.close() };
  },
});
jobLocksContract({
  name: 'Redis cluster',
  create: async () => {
    await Promise.all(cluster.nodes.map((node) => node.flush()));
    const addresses = hostsAndPorts().parse(cluster.nodes.map(({ address }) => address).join(','));
    const redis = await openRedis({ host: '', port: 0, cluster: addresses, log: silentLog });
    return { locks: redis.jobLocks, elapse: (ms) => delay(ms), dispose: () => redis.close() };
  },
});

describe('job locks in Redis', () => {
  const KEY = 'ov_meet_lock:scheduled_task_roomGarbageCollector';
  let redis: OpenRedis;
  let client: Client;

  beforeEach(async () => {
    await server.flush();
    redis = await openRedis({ host: '127.0.0.1', port: server.port, db: DB, log: silentLog });
    client = connectTo(server.port, { db: DB });
  });
  afterEach(async () => {
    client.disconnect();
    await redis.close();
  });

  it('are one key with a lifetime each, in the database of the room locks, and leave no key when released', async () => {
    const value = (await redis.jobLocks.acquire('roomGarbageCollector', 60_000)) ?? '';
    expect(await client.keys('ov_meet_lock*')).toEqual([KEY]);
    expect(await client.get(KEY)).toBe(value);
    expect(await client.pttl(KEY)).toBeGreaterThan(50_000);
    await redis.jobLocks.release('roomGarbageCollector', value);
    expect(await client.keys('ov_meet_lock*')).toEqual([]);
  });

  it('cannot be acquired while OpenVidu Meet holds the same key', async () => {
    await client.set(KEY, 'a'.repeat(32), 'PX', 60_000);
    expect(await redis.jobLocks.acquire('roomGarbageCollector', 60_000)).toBeUndefined();
  });

  it('use the key of OpenVidu Meet for the first initialisation of a store', async () => {
    await redis.jobLocks.acquire('storage_initialization', 60_000);
    expect(await client.keys('ov_meet_lock*')).toEqual(['ov_meet_lock:storage_initialization']);
  });

  it('cannot be extended, but can be acquired again, when Redis has lost its data', async () => {
    const value = (await redis.jobLocks.acquire('a', 60_000)) ?? '';
    await server.flush();
    expect(await redis.jobLocks.extend('a', value, 60_000)).toBe(false);
    await redis.jobLocks.release('a', value);
    expect(await redis.jobLocks.acquire('a', 60_000)).toBeDefined();
  });
});

it('job locks throw LocksUnavailableError while Redis is down, and work when Redis has returned', async () => {
  const own = await startRedis();
  let again: RunningProcess | undefined;
  const redis = await openRedis({ host: '127.0.0.1', port: own.port, log: silentLog });
  try {
    const value = (await redis.jobLocks.acquire('a', 60_000)) ?? '';
    await own.kill();
    await expect(redis.jobLocks.acquire('a', 60_000)).rejects.toThrow(LocksUnavailableError);
    await expect(redis.jobLocks.extend('a', value, 60_000)).rejects.toThrow(LocksUnavailableError);
    await expect(redis.jobLocks.release('a', value)).rejects.toThrow(LocksUnavailableError);
    again = await own.startAgain();
    const acquired = () => redis.jobLocks.acquire('a', 60_000).catch(() => undefined);
    await eventually('a lock is had again', acquired, (taken) => taken !== undefined);
  } finally {
    await redis.close();
    await own.stop();
    await again?.stop();
  }
});
