import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freeTcpPort, poll, startRedis, type Redis, type RunningProcess } from '../../servers/index.js';
import { LocksUnavailableError } from '../../../src/errors.js';
import { hostsAndPorts } from '../../../src/config/values.js';
import { openRedis, type OpenRedis } from '../../../src/persistence/redis/open-redis.js';
import { collectingLog } from './collecting-log.js';
import { silentLog, startSentinel } from './servers.js';

/** What a call may take that is given up after a second, on a busy machine. */
const GIVEN_UP_MS = 3_000;

const calls = ({ roomLocks, ping }: OpenRedis) => ({
  acquire: () => roomLocks.acquire('room', 'one', 60_000),
  replace: () => roomLocks.replace('room', { value: 'a'.repeat(32), uid: '', createdAt: 1 }, 'one', 60_000),
  async hold() {
    const holder = { value: 'a'.repeat(32), uid: 'one', createdAt: 1 };
    const holding = (await roomLocks.hold([{ roomId: 'held', holder }], 60_000)).get('held');
    if (typeof holding === 'object' && 'failed' in holding) throw holding.failed;
  },
  find: () => roomLocks.find('room'),
  extend: () => roomLocks.extend('room', 'a'.repeat(32), 60_000),
  release: () => roomLocks.release('room', 'a'.repeat(32)),
  ping,
});

/** Every call fails as an outage and in time, all of them at once. */
async function expectOutage(redis: OpenRedis, withinMs: number): Promise<void> {
  const before = performance.now();
  for (const outcome of await Promise.allSettled(Object.values(calls(redis)).map((call) => call()))) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(LocksUnavailableError) });
  }
  expect(performance.now() - before).toBeLessThan(withinMs);
}

const works = (redis: OpenRedis) =>
  poll('Redis works again', 20_000, () =>
    redis.ping().then(
      () => true,
      () => false,
    ),
  );

describe('a Redis that', () => {
  let server: Redis;
  let again: RunningProcess | undefined;
  let redis: OpenRedis;
  let lines: string[];

  beforeEach(async () => {
    server = await startRedis();
    const { log, messages } = collectingLog();
    lines = messages;
    redis = await openRedis({ host: '127.0.0.1', port: server.port, log });
  });
  afterEach(async () => {
    await redis.close();
    await server.stop();
    await again?.stop();
    again = undefined;
  });

  const told = (text: string) => lines.filter((line) => line.startsWith('Redis') && line.includes(text)).length;

  it('dies: an outage at once, told once; when it is back everything works', async () => {
    await redis.roomLocks.acquire('room', 'one', 60_000);
    await server.kill();
    await expectOutage(redis, GIVEN_UP_MS);
    for (let count = 0; count < 10; count += 1) redis.bus.publish({ kind: 'recording', key: 'one' });
    await expectOutage(redis, GIVEN_UP_MS);
    expect(told('cannot be reached')).toBe(1);

    again = await server.startAgain();
    await works(redis);
    expect(await redis.roomLocks.acquire('room', 'two', 60_000)).toMatchObject({ acquired: true });
    expect(told('can be reached again')).toBe(1);
  });

  it('hangs: an outage within a second; nobody keeps a lock that he was not told of', async () => {
    process.kill(server.pid, 'SIGSTOP');
    try {
      await expectOutage(redis, GIVEN_UP_MS);
      await expectOutage(redis, GIVEN_UP_MS);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    await works(redis);
    await poll('the lock is free', 20_000, async () => {
      const attempt = await redis.roomLocks.acquire('room', 'two', 60_000);
      return attempt.acquired;
    });
  });

  it('is not there at first: opened all the same, and works when it comes', async () => {
    await server.kill();
    const late = await openRedis({ host: '127.0.0.1', port: server.port, log: silentLog });
    await expectOutage(late, GIVEN_UP_MS);
    again = await server.startAgain();
    await works(late);
    expect(await late.roomLocks.acquire('room', 'one', 60_000)).toMatchObject({ acquired: true });
    await late.close();
  });

  it('refuses the password: an outage', async () => {
    const locked = await startRedis({ args: ['--requirepass', 'secret'] });
    const refused = await openRedis({ host: '127.0.0.1', port: locked.port, password: 'wrong', log: silentLog });
    await expectOutage(refused, GIVEN_UP_MS);
    await refused.close();
    const let_in = await openRedis({ host: '127.0.0.1', port: locked.port, password: 'secret', log: silentLog });
    await let_in.ping();
    await let_in.close();
    await locked.stop();
  });

  it('was left: calls fail as in an outage, and closing again is nothing', async () => {
    await redis.close();
    await expectOutage(redis, GIVEN_UP_MS);
    await redis.close();
  });
});

it('nobody is there at all: an outage for a cluster and behind sentinels too', async () => {
  const addresses = hostsAndPorts().parse(`127.0.0.1:${await freeTcpPort()}`);
  const target = { host: '', port: 0, log: silentLog };
  const clustered = await openRedis({ ...target, cluster: addresses });
  await expectOutage(clustered, GIVEN_UP_MS);
  await expect(clustered.roomLocks.list()).rejects.toThrow(LocksUnavailableError);
  await clustered.close();
  const behind = await openRedis({ ...target, sentinels: { addresses, masterName: 'tally' } });
  await expectOutage(behind, GIVEN_UP_MS);
  await behind.close();
});

it('a master that dies is followed to its replica', async () => {
  const { nodes, sentinelPort, masterName, password, stop } = await startSentinel();
  const sentinels = { addresses: hostsAndPorts().parse(`127.0.0.1:${sentinelPort}`), masterName };
  const redis = await openRedis({ host: '', port: 0, password, sentinels, log: silentLog });
  await redis.ping();
  await nodes[0]?.kill();
  await expectOutage(redis, GIVEN_UP_MS);
  await poll('the replica takes over', 20_000, () =>
    redis.roomLocks.acquire('room', 'one', 60_000).then(
      ({ acquired }) => acquired,
      () => false,
    ),
  );
  await redis.close();
  await stop();
});
