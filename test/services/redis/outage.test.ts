import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freeTcpPort, poll, startRedis, type Redis, type RunningProcess } from '../../servers/index.js';
import { LocksUnavailableError, reasonsOf, toError } from '../../../src/errors.js';
import { hostsAndPorts } from '../../../src/config/values.js';
import { openRedis, type OpenRedis } from '../../../src/persistence/redis/open-redis.js';
import { collectingLog } from './collecting-log.js';
import { connectTo, silentLog, startSentinel } from './servers.js';

/** The longest time, on a busy machine, of a call that is given up after a second. */
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

/** Makes all calls at once and expects each to throw LocksUnavailableError in time. */
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

describe('the Redis adapter', () => {
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

  it('throws LocksUnavailableError and logs once when Redis is killed, and works again when Redis has returned', async () => {
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

  it('throws LocksUnavailableError in time when Redis hangs, and the unanswered lock is free afterwards', async () => {
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

  it('can be opened while Redis is down, and works when Redis has started', async () => {
    await server.kill();
    const late = await openRedis({ host: '127.0.0.1', port: server.port, log: silentLog });
    await expectOutage(late, GIVEN_UP_MS);
    again = await server.startAgain();
    await works(late);
    expect(await late.roomLocks.acquire('room', 'one', 60_000)).toMatchObject({ acquired: true });
    await late.close();
  });

  it('throws LocksUnavailableError when Redis refuses the password', async () => {
    const locked = await startRedis({ args: ['--requirepass', 'secret'] });
    const refused = await openRedis({ host: '127.0.0.1', port: locked.port, password: 'wrong', log: silentLog });
    await expectOutage(refused, GIVEN_UP_MS);
    await refused.close();
    const let_in = await openRedis({ host: '127.0.0.1', port: locked.port, password: 'secret', log: silentLog });
    await let_in.ping();
    await let_in.close();
    await locked.stop();
  });

  it.each([
    { what: 'has no memory left', command: ['CONFIG', 'SET', 'maxmemory', '1'], words: 'OOM' },
    { what: 'has no right to run scripts', command: ['ACL', 'SETUSER', 'default', '-@scripting'], words: 'NOPERM' },
  ] as const)('says in its ping, with the words of Redis, that it $what', async ({ command: [command, ...args], words }) => {
    await redis.ping();
    const admin = connectTo(server.port);
    await admin.call(command, ...args);
    await expect(redis.ping()).rejects.toMatchObject({ code: 'locks.unavailable', refused: true });
    const error = await redis.ping().then(() => undefined, toError);
    expect(reasonsOf(error ?? new Error('no error'))).toContain(words);
    admin.disconnect();
  });

  it('answers its ping for a user who may use the keys of locks only, and no list of room locks shows the key of the ping', async () => {
    const admin = connectTo(server.port);
    await admin.call('ACL', 'SETUSER', 'default', 'resetkeys', '~ov_meet_lock:*', '~ov_meet_lock_registry:*');
    await redis.ping();
    expect(await redis.roomLocks.list()).toEqual([]);
    admin.disconnect();
  });

  it('throws LocksUnavailableError once it is closed, and can be closed again', async () => {
    await redis.close();
    await expectOutage(redis, GIVEN_UP_MS);
    await redis.close();
  });
});

it('the Redis adapter throws LocksUnavailableError when no cluster node and no sentinel can be reached', async () => {
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

it('the Redis adapter uses the replica when the master behind a sentinel is killed', async () => {
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
