import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMongo, startRedis, type MongoReplicaSet, type Redis } from '../../servers/index.js';
import { systemClock, type Clock } from '../../../src/clock.js';
import { eventually } from '../../support/eventually.js';
import { type InstancesOnSimulator, startInstancesOnSimulator } from '../../support/apps/instances-on-simulator.js';
import { API_KEY } from '../../support/apps/tally-api.js';
import { oweEffect } from '../../support/owe-effect.js';

const hourMs = 3_600_000;
/** Longer than the lease of an effect: an instance that judges the lease as expired would run the effect a second time. */
const slowStartMs = 6_000;
/** The speed of the simulator: it divides all other delays of an egress. */
const speed = 10;

describe.each([hourMs, -hourMs])("an instance whose machine's clock is %i ms ahead of MongoDB's", (aheadMs) => {
  const wrongClock: Clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
  let mongo: MongoReplicaSet;
  let redis: Redis;
  let instances: InstancesOnSimulator;

  beforeAll(async () => {
    [mongo, redis] = await Promise.all([startMongo(), startRedis()]);
    instances = await startInstancesOnSimulator(speed, {
      MEET_MONGO_URI: mongo.uri,
      MEET_MONGO_DB_NAME: 'tally',
      MEET_REDIS_HOST: '127.0.0.1',
      MEET_REDIS_PORT: String(redis.port),
      MEET_REDIS_PASSWORD: '',
      TALLY_DUE_INTERVAL_MS: '200',
      TALLY_RECONCILE_INTERVAL_MS: '1000',
      TALLY_SUSPECT_RECHECK_MS: '500',
    });
  });
  afterAll(async () => {
    await instances.close();
    await Promise.all([mongo.stop(), redis.stop()]);
  });

  const readyz = async (url: string) => {
    const answer = await fetch(`${url}/readyz`, { headers: { 'X-API-KEY': API_KEY } });
    return { status: answer.status, body: (await answer.json()) as Record<string, { ok: boolean; offsetMs?: number }> };
  };

  it('reports this on /readyz, leaves overdue work to the other instance, and starts and stops recordings', async () => {
    const { simulator } = instances;
    const off = await instances.start(wrongClock);
    const { status, body } = await readyz(off.app.url);
    expect(status).toBe(200);
    expect(body).toMatchObject({ store: { ok: true }, clock: { ok: false } });
    expect(Math.abs((body['clock']?.offsetMs ?? 0) - aheadMs)).toBeLessThan(1_000);

    // A killed instance left this effect. Its lease has expired, and no other instance runs yet.
    const left = await off.api.createRoom();
    await simulator.join(left);
    const { recordingId } = (await off.api.start(left)).body;
    const uid = recordingId.split('--')[2] ?? '';
    await off.app.idle();
    await oweEffect(off.app.persistence.recordings, uid, 'releaseRoomLock', { value: 'of nobody' }, -1_000);
    const holder = async () => {
      const effects = (await off.app.recordings.load(uid))?.tally.effects ?? [];
      return effects.find(({ name }) => name === 'releaseRoomLock')?.leasedBy;
    };
    for (const _sweep of [1, 2, 3]) await off.app.recordings.sweep();
    expect(await holder()).toBe('a killed process');

    const right = await instances.start(systemClock);
    expect((await readyz(right.app.url)).body).toMatchObject({ store: { ok: true }, clock: { ok: true } });
    await eventually('the other one does the sweep', holder, (name) => name === undefined);

    // Both instances run slow starts. Each sees the start deadlines and leases in the other's records.
    const rooms = await Promise.all(
      [off, right, off, right].map(async (each) => ({ ...each, roomId: await each.api.createRoom() })),
    );
    const starts = rooms.map(async ({ api, roomId }) => {
      await simulator.join(roomId);
      await simulator.script({ name: 'slow-start', delayMs: slowStartMs * speed }, roomId);
      return api.start(roomId);
    });
    const answers = await Promise.all(starts);
    expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201, 201]);
    for (const { api, roomId } of rooms) expect((await api.start(roomId)).status).toBe(409);
    const egresses = await simulator.egresses();
    for (const { roomId } of rooms) expect(egresses.filter(({ roomName }) => roomName === roomId)).toHaveLength(1);

    // The other instance stops each recording.
    const others = [right, off, right, off];
    const endings = answers.map(async ({ body: { recordingId: started } }, index) => {
      const { api } = others[index] ?? right;
      expect((await api.stop(started)).status).toBe(202);
      expect((await api.outcome(started)).status).toBe('complete');
    });
    await Promise.all(endings);
    expect((await right.api.get(recordingId)).body.status).toBe('active');
    await right.api.stop(recordingId);
    expect((await off.api.outcome(recordingId)).status).toBe('complete');
  });
});
