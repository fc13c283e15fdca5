import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll, startRedis, type Redis } from '../../servers/index.js';
import type { LockHolder } from '../../../src/machines/ports/room-locks.js';
import { openRedis, type OpenRedis } from '../../../src/persistence/redis/open-redis.js';
import { startTallyProcess, type TallyProcess } from '../../support/apps/tally-process.js';
import { silentLog } from './servers.js';

const graceMs = 4_000;
/** The lifetime of the lock of a start that does not continue. */
const startLockMs = 15_000;
const liveCount = 12;
/** Time until lost locks are taken again: the job that keeps them runs every 30 s. */
const restoredWithinMs = 60_000;
const freedWithinMs = 5_000;

describe("Tally's room locks in Redis", () => {
  let server: Redis;
  let tally: TallyProcess;
  let redis: OpenRedis;

  beforeAll(async () => {
    server = await startRedis();
    tally = await startTallyProcess({
      speed: 50,
      env: {
        MEET_REDIS_HOST: '127.0.0.1',
        MEET_REDIS_PORT: String(server.port),
        MEET_REDIS_PASSWORD: '',
        TALLY_LOCK_GC_INTERVAL_MS: '1000',
        TALLY_LOCK_GRACE_MS: String(graceMs),
      },
    });
    redis = await openRedis({ host: '127.0.0.1', port: server.port, log: silentLog });
  });
  afterAll(async () => {
    await redis.close();
    await tally.stop();
    await server.stop();
  });

  const locksByRoom = async () => new Map((await redis.roomLocks.list()).map(({ roomId, ...holder }) => [roomId, holder]));

  it('are released after the grace period when a killed Tally left one without a record', async () => {
    const { api, proxy } = tally;
    const roomId = await tally.openRoom();
    const hold = proxy.hold('request', 'ListParticipants', roomId);
    api.start(roomId).catch(() => undefined); // cut by the kill
    await hold.reached;
    await tally.kill();
    hold.release();
    const { createdAt = 0 } = (await redis.roomLocks.find(roomId)) ?? {};
    expect(Date.now() - createdAt).toBeLessThan(graceMs);
    await tally.start();
    await poll('the lock is freed', startLockMs, async () => (await redis.roomLocks.find(roomId)) === undefined);
    expect(Date.now() - createdAt).toBeGreaterThanOrEqual(graceMs);
    expect(Date.now() - createdAt).toBeLessThan(startLockMs);
    await poll('the freed lock is logged', freedWithinMs, () => tally.stderr().includes('orphaned lock freed'));
    expect((await api.start(roomId)).status).toBe(201);
  });

  // This test takes over 5 s: the job that keeps the locks runs up to 30 s after the loss.
  it('are taken again within a minute of FLUSHALL, and no room is recorded twice meanwhile', async () => {
    const { api, simulator } = tally;
    const roomIds = await Promise.all(Array.from({ length: liveCount }, () => tally.openRoom()));
    const started = await Promise.all(roomIds.map((roomId) => api.start(roomId)));
    expect(started.map(({ status }) => status)).toEqual(roomIds.map(() => 201));
    const before = await locksByRoom();
    await server.flush();
    const flushedAt = performance.now();
    expect(await locksByRoom()).toEqual(new Map());
    const second = await Promise.all(roomIds.map((roomId) => api.start(roomId)));
    expect(second.map(({ status }) => status)).toEqual(roomIds.map(() => 409));
    await poll('every lock is back', restoredWithinMs, async () => {
      const now = await locksByRoom();
      return roomIds.every((roomId) => now.has(roomId));
    });
    process.stdout.write(`${String(liveCount)} locks were back after ${(performance.now() - flushedAt).toFixed(0)} ms\n`);
    const valueOf = (holder: LockHolder | undefined) => holder?.value;
    const after = await locksByRoom();
    expect(roomIds.map((roomId) => valueOf(after.get(roomId)))).toEqual(roomIds.map((roomId) => valueOf(before.get(roomId))));
    for (const roomId of roomIds) expect((await api.start(roomId)).status).toBe(409);
    const egresses = await simulator.egresses();
    for (const roomId of roomIds) expect(egresses.filter(({ roomName }) => roomName === roomId)).toHaveLength(1);

    await Promise.all(started.map(({ body }) => api.stop(body.recordingId)));
    await Promise.all(started.map(({ body }) => api.outcome(body.recordingId)));
    await poll('every lock is freed', freedWithinMs, async () => {
      const now = await locksByRoom();
      return !roomIds.some((roomId) => now.has(roomId));
    });
  });
});
