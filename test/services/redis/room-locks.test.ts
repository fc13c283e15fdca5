import { setTimeout as delay } from 'node:timers/promises';

import type { Redis as Client } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type Redis } from '../../servers/index.js';
import { hostsAndPorts } from '../../../src/config/values.js';
import type { RedisTarget } from '../../../src/persistence/redis/connection.js';
import { openRedis, type OpenRedis } from '../../../src/persistence/redis/open-redis.js';
import { roomLocksContract } from '../../contracts/room-locks.js';
import { connectTo, silentLog, startCluster, startSentinel, type RedisGroup } from './servers.js';

const LOCK = 'ov_meet_lock:recording_active_room';
const ENTRY = `ov_meet_lock_registry:${LOCK}`;
const DB = 3;

let server: Redis;
let cluster: RedisGroup;
let behind: Awaited<ReturnType<typeof startSentinel>>;

beforeAll(async () => {
  [server, cluster, behind] = await Promise.all([startRedis(), startCluster(), startSentinel()]);
});
afterAll(() => Promise.all([server.stop(), cluster.stop(), behind.stop()]));

/** Opens the locks on emptied servers. `elapse` waits in real time. */
async function createFixture(target: RedisTarget, empty: () => Promise<unknown>) {
  await empty();
  const redis = await openRedis({ ...target, log: silentLog });
  return { locks: redis.roomLocks, elapse: (ms: number) => delay(ms), dispose: () => redis.close() };
}

roomLocksContract({
  name: 'Redis',
  create: () => createFixture({ host: '127.0.0.1', port: server.port, db: DB }, () => server.flush()),
});
roomLocksContract({
  name: 'Redis cluster',
  create: () => {
    const addresses = hostsAndPorts().parse(cluster.nodes.map(({ address }) => address).join(','));
    return createFixture({ host: '', port: 0, cluster: addresses }, () => Promise.all(cluster.nodes.map((node) => node.flush())));
  },
});
roomLocksContract({
  name: 'Redis behind a sentinel',
  create: async () => {
    const { sentinelPort, masterName, password, nodes } = behind;
    const sentinels = { addresses: hostsAndPorts().parse(`127.0.0.1:${sentinelPort}`), masterName };
    return createFixture({ host: '', port: 0, password, sentinels }, async () => {
      const client = connectTo(nodes[0]?.port ?? 0, { password });
      await client.flushall();
      client.disconnect();
    });
  },
});

it('room locks that one node of a Redis cluster lost are taken again by hold', async () => {
  const addresses = hostsAndPorts().parse(cluster.nodes.map(({ address }) => address).join(','));
  const redis = await openRedis({ host: '', port: 0, cluster: addresses, log: silentLog });
  const wanted = Array.from({ length: 30 }, (_, index) => ({
    roomId: `held-${index}`,
    holder: { value: String(index).padStart(32, '0'), uid: 'one', createdAt: 5 },
  }));
  await redis.roomLocks.hold(wanted, 60_000);
  await cluster.nodes[0]?.flush();
  const heldCount = async () => (await redis.roomLocks.list()).filter(({ roomId }) => roomId.startsWith('held-')).length;
  expect(await heldCount()).toBeLessThan(30);
  await redis.roomLocks.hold(wanted, 60_000);
  expect(await heldCount()).toBe(30);
  await redis.close();
});

describe('room locks in Redis', () => {
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

  const taken = async (ttlMs: number): Promise<string> => {
    const attempt = await redis.roomLocks.acquire('room', 'one', ttlMs);
    if (!attempt.acquired) throw new Error('the room is held');
    return attempt.value;
  };
  /** Writes a lock as OpenVidu Meet writes it. */
  const takenByAnother = async (value: string, createdAt: number): Promise<void> => {
    await client.set(LOCK, value, 'PX', 60_000);
    await client.set(ENTRY, JSON.stringify({ resources: [LOCK], value, expiration: createdAt + 59_398, createdAt }));
  };

  it('are written as OpenVidu Meet writes them, in one database and with a lifetime', async () => {
    const before = Date.now();
    const value = await taken(60_000);
    expect(await client.get(LOCK)).toBe(value);
    const entry = JSON.parse((await client.get(ENTRY)) ?? '') as Record<string, number>;
    expect(entry).toEqual({
      resources: [LOCK],
      value,
      uid: 'one',
      createdAt: expect.any(Number),
      expiration: expect.any(Number),
    });
    expect(entry['createdAt']).toBeGreaterThanOrEqual(before);
    expect(entry['expiration']).toBe((entry['createdAt'] ?? 0) + 60_000 - 600 - 2);
    expect(await client.pttl(LOCK)).toBeGreaterThan(50_000);
    expect(await client.pttl(ENTRY)).toBeGreaterThan(await client.pttl(LOCK));
    expect(await client.pttl(ENTRY)).toBeLessThanOrEqual(70_000);
    expect(await client.info('keyspace')).not.toContain('db0');
  });

  it('have registry entries that are extended with them', async () => {
    const value = await taken(1_000);
    const before = JSON.parse((await client.get(ENTRY)) ?? '') as Record<string, number>;
    await redis.roomLocks.extend('room', value, 3_600_000);
    const after = JSON.parse((await client.get(ENTRY)) ?? '') as Record<string, number>;
    expect(after).toEqual({ ...before, expiration: expect.any(Number) });
    expect(after['expiration']).toBeGreaterThan(before['expiration'] ?? Infinity);
    expect(await client.pttl(ENTRY)).toBeGreaterThan(3_600_000);
  });

  it('leave no key in Redis when they are released', async () => {
    await redis.roomLocks.release('room', await taken(60_000));
    expect(await client.keys('ov_meet_lock*')).toEqual([]);
  });

  it('of another program are respected and listed, and can be extended, replaced and released', async () => {
    const createdAt = Date.now() - 20_000;
    await takenByAnother('a'.repeat(32), createdAt);
    const holder = { value: 'a'.repeat(32), uid: '', createdAt };
    expect(await redis.roomLocks.acquire('room', 'two', 1_000)).toEqual({ acquired: false, holder });
    expect(await redis.roomLocks.list()).toEqual([{ roomId: 'room', ...holder }]);
    expect(await redis.roomLocks.extend('room', holder.value, 60_000)).toBe(true);
    expect(await redis.roomLocks.replace('room', holder, 'two', 60_000)).toMatchObject({ acquired: true });
    await takenByAnother('b'.repeat(32), createdAt);
    await redis.roomLocks.release('room', 'b'.repeat(32));
    expect(await client.keys('ov_meet_lock*')).toEqual([]);
  });

  it('of another program without a creation time are listed without one', async () => {
    await client.set(LOCK, 'a'.repeat(32), 'PX', 60_000);
    await client.set(ENTRY, JSON.stringify({ resources: [LOCK], value: 'a'.repeat(32) }));
    expect(await redis.roomLocks.list()).toEqual([{ roomId: 'room', value: 'a'.repeat(32), uid: '' }]);
    expect(await redis.roomLocks.find('room')).toEqual({ value: 'a'.repeat(32), uid: '' });
    await redis.roomLocks.release('room', 'a'.repeat(32));
    expect(await client.keys('ov_meet_lock*')).toEqual([]);
  });

  it('are held together with their registry entry, which hold writes again when it was lost', async () => {
    const holder = { value: await taken(1_000), uid: 'one', createdAt: 5 };
    await client.del(ENTRY);
    await redis.roomLocks.hold([{ roomId: 'room', holder }], 3_600_000);
    expect(await redis.roomLocks.find('room')).toEqual(holder);
    expect(await client.pttl(LOCK)).toBeGreaterThan(3_500_000);
    const entry = JSON.parse((await client.get(ENTRY)) ?? '') as Record<string, number>;
    expect(entry['expiration']).toBeGreaterThan(Date.now() + 3_500_000);
    expect(await client.pttl(ENTRY)).toBeGreaterThan(3_600_000);
    await redis.roomLocks.release('room', holder.value);
    expect(await client.keys('ov_meet_lock*')).toEqual([]);
  });

  it('cost hold one Redis command for all of them while more than half of their lifetime is left', async () => {
    const wanted = Array.from({ length: 500 }, (_, index) => ({
      roomId: `room-${index}`,
      holder: { value: String(index).padStart(32, '0'), uid: 'one', createdAt: 5 },
    }));
    await redis.roomLocks.hold(wanted, 60_000);
    await client.config('RESETSTAT');
    expect(new Set((await redis.roomLocks.hold(wanted, 60_000)).values())).toEqual(new Set(['kept']));
    const commands = await client.info('commandstats');
    expect(commands).toMatch(/cmdstat_mget:calls=1,/);
    expect(commands).not.toMatch(/cmdstat_(get|set|eval|evalsha):/);
    await redis.roomLocks.hold(wanted, 130_000);
    expect(await client.info('commandstats')).toMatch(/cmdstat_eval:calls=500,/);
  });

  it('are listed without expired registry entries, which are deleted, and without keys that are no room locks', async () => {
    await takenByAnother('a'.repeat(32), 1);
    await client.del(LOCK);
    await client.set('ov_meet_lock:migration', 'c'.repeat(32));
    await client.set('ov_meet_lock:recording_active_bare', 'd'.repeat(32));
    await client.set(`${ENTRY}-broken`, '{');
    expect(await redis.roomLocks.list()).toEqual([]);
    expect(await client.exists(ENTRY)).toBe(0);
    expect(await redis.roomLocks.find('bare')).toBeUndefined();
    expect(await redis.roomLocks.acquire('bare', 'one', 1_000)).toEqual({ acquired: false, holder: undefined });
  });

  it('are all listed when there are thousands', async () => {
    const rooms = Array.from({ length: 3_000 }, (_, index) => `room-${index}`);
    await Promise.all(rooms.map((roomId) => redis.roomLocks.acquire(roomId, 'one', 60_000)));
    expect((await redis.roomLocks.list()).map(({ roomId }) => roomId).sort()).toEqual(rooms.sort());
  });

  it('are free when Redis has lost its data', async () => {
    const value = await taken(60_000);
    await server.flush();
    expect(await redis.roomLocks.list()).toEqual([]);
    expect(await redis.roomLocks.extend('room', value, 1_000)).toBe(false);
    await redis.roomLocks.release('room', value);
    expect(await redis.roomLocks.acquire('room', 'two', 1_000)).toMatchObject({ acquired: true });
  });
});
