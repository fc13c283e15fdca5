import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type Redis, type RunningProcess } from '../../servers/index.js';
import { systemClock } from '../../../src/clock.js';
import { holdLock, type HeldLock } from '../../../src/held-lock.js';
import type { Job } from '../../../src/jobs/job.js';
import { createScheduler, type Scheduler } from '../../../src/jobs/scheduler.js';
import { openRedis, type OpenRedis } from '../../../src/persistence/redis/open-redis.js';
import { eventually } from '../../support/eventually.js';
import { createMemoryJobRuns } from '../../support/memory/memory-job-runs.js';
import { connectTo, silentLog } from './servers.js';

const NAME = 'recordingLockKeeper';
const LOCK = `ov_meet_lock:scheduled_task_${NAME}`;

let server: Redis;
let again: RunningProcess | undefined;
const opened: OpenRedis[] = [];

beforeEach(async () => {
  server = await startRedis();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((redis) => redis.close()));
  await server.stop();
  await again?.stop();
  again = undefined;
});

async function connect(): Promise<OpenRedis> {
  const redis = await openRedis({ host: '127.0.0.1', port: server.port, log: silentLog });
  opened.push(redis);
  return redis;
}

describe('two instances on one Redis', () => {
  const schedulers: Scheduler[] = [];
  afterEach(() => Promise.all(schedulers.splice(0).map((scheduler) => scheduler.close())));

  /** Starts a job of 60 ms on both instances, several times a second. Different intervals let each instance come first. */
  async function startBoth() {
    const runs = createMemoryJobRuns();
    const seen = { one: 0, two: 0, running: 0, mostAtOnce: 0 };
    for (const [instance, intervalMs] of [
      ['one', 200],
      ['two', 270],
    ] as const) {
      const job: Job = {
        name: NAME,
        intervalMs,
        atStart: true,
        async run() {
          seen.running += 1;
          seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.running);
          await delay(60);
          seen.running -= 1;
          seen[instance] += 1;
          return {};
        },
      };
      const { jobLocks: locks } = await connect();
      const scheduler = createScheduler({ jobs: [job], locks, runs, clock: systemClock, instance, log: silentLog });
      schedulers.push(scheduler);
      await scheduler.start();
    }
    return { seen, runs };
  }

  const bothRan = (seen: { one: number; two: number }, more: number) => {
    const [one, two] = [seen.one + more, seen.two + more];
    return eventually(
      `both run ${more} times more`,
      () => seen,
      (now) => now.one >= one && now.two >= two,
      20_000,
    );
  };

  it('never run a job at the same time', async () => {
    const { seen, runs } = await startBoth();
    await bothRan(seen, 10);
    expect(seen.mostAtOnce).toBe(1);
    expect(await runs.load(NAME)).toMatchObject({ counts: {} });
    await Promise.all(schedulers.map((scheduler) => scheduler.close()));
    const client = connectTo(server.port);
    expect(await client.keys('ov_meet_lock*')).toEqual([]);
    client.disconnect();
  });

  it('run their jobs again after an outage of Redis', async () => {
    const { seen } = await startBoth();
    await bothRan(seen, 2);
    await server.kill();
    await delay(1_500); // several runs of both jobs fall into the outage
    again = await server.startAgain();
    await bothRan(seen, 5);
    expect(seen.mostAtOnce).toBe(1);
  });
});

describe('a job lock that an instance holds', () => {
  const TTL_MS = 3_000;
  let held: HeldLock | undefined;
  afterEach(async () => {
    await held?.release();
  });

  async function hold() {
    const { jobLocks: locks } = await connect();
    const lost: Error[] = [];
    const onLost = (reason: Error) => lost.push(reason);
    held = await holdLock(NAME, { locks, ttlMs: TTL_MS, clock: systemClock, log: silentLog, onLost });
    return lost;
  }

  // This test takes over 5 s, twice the lifetime of a lock.
  it('is extended beyond its lifetime, and is free as soon as it is released', async () => {
    const lost = await hold();
    const client = connectTo(server.port);
    await delay(2 * TTL_MS);
    expect(await client.exists(LOCK)).toBe(1);
    await held?.release();
    expect(await client.exists(LOCK)).toBe(0);
    expect(lost).toEqual([]);
    client.disconnect();
  });

  it('is reported as lost when Redis has lost its data', async () => {
    const lost = await hold();
    await server.flush();
    await eventually(
      'the loss is told',
      () => lost.length,
      (count) => count === 1,
    );
    expect(lost[0]?.message).toBe('The job lock was lost');
  });

  it('is reported as lost when Redis hangs for the lifetime of the lock', async () => {
    const lost = await hold();
    const at = performance.now();
    process.kill(server.pid, 'SIGSTOP');
    try {
      await eventually(
        'the loss is told',
        () => lost.length,
        (count) => count === 1,
      );
      expect(performance.now() - at).toBeLessThan(2 * TTL_MS);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
  });
});
