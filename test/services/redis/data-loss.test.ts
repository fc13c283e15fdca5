import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { poll, startRedis, type Redis, type RunningProcess } from '../../../scripts/services/index.mjs';
import { hostsAndPorts } from '../../../src/config/values.js';
import { openRedis, type OpenRedis } from '../../../src/persistence/redis/open-redis.js';
import { createTestClock } from '../../support/test-clock.js';
import { collectingLog } from './collecting-log.js';
import { connectTo, silentLog, startCluster } from './servers.js';

/** More than one look. */
const SOME_LOOKS_MS = 5_000;

it('the loss of any one node of a cluster is told', async () => {
  const cluster = await startCluster();
  const addresses = hostsAndPorts().parse(cluster.nodes.map(({ address }) => address).join(','));
  const clock = createTestClock();
  const redis = await openRedis({ host: '', port: 0, cluster: addresses, log: silentLog, clock });
  let told = 0;
  redis.onLost(() => (told += 1));
  for (const [index, node] of cluster.nodes.entries()) {
    expect(told).toBe(index);
    await node.flush();
    clock.advance(SOME_LOOKS_MS);
    await poll('it is noticed', 20_000, () => told > index);
  }
  await redis.close();
  await cluster.stop();
});

describe('the loss of everything in Redis', () => {
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

  /** An instance, and how often it was told. */
  async function open(clock = createTestClock(), log = silentLog) {
    const redis = await openRedis({ host: '127.0.0.1', port: server.port, log, clock });
    opened.push(redis);
    const told = { count: 0 };
    const unsubscribe = redis.onLost(() => (told.count += 1));
    return { redis, told, unsubscribe, clock };
  }

  it('is told to every instance, once, though no connection broke', async () => {
    const { log, messages } = collectingLog();
    const [one, two] = [await open(createTestClock(), log), await open()];
    await server.flush();
    for (const { clock, told } of [one, two]) {
      clock.advance(SOME_LOOKS_MS);
      await poll('it is noticed', 20_000, () => told.count === 1);
    }
    one.clock.advance(SOME_LOOKS_MS);
    await one.redis.ping();
    expect([one.told.count, two.told.count]).toEqual([1, 1]);
    expect(messages).toEqual(['Redis has lost its data']);
  });

  it('is not seen where nothing was lost, by those who come later either', async () => {
    const first = await open();
    const second = await open();
    for (const { clock, redis, told } of [first, second]) {
      clock.advance(SOME_LOOKS_MS);
      await redis.ping();
      expect(told.count).toBe(0);
    }
  });

  it('is supposed after each new connection: what comes back may lack the newest', async () => {
    const { told } = await open();
    await server.kill();
    again = await server.startAgain();
    await poll('it is told', 20_000, () => told.count > 0);
  });

  it('is supposed where Redis was not there at first', async () => {
    await server.kill();
    const { told } = await open();
    again = await server.startAgain();
    await poll('it is told', 20_000, () => told.count > 0);
  });

  it('is nothing to those who left', async () => {
    const { redis, told, unsubscribe, clock } = await open();
    unsubscribe();
    await server.flush();
    clock.advance(SOME_LOOKS_MS);
    await redis.ping();
    await redis.close();
    clock.advance(SOME_LOOKS_MS);
    expect(told.count).toBe(0);
    expect(clock.pending()).toBe(0);
  });

  it('costs a look every two seconds', async () => {
    const { clock, redis } = await open();
    const client = connectTo(server.port);
    await client.config('RESETSTAT');
    clock.advance(2_000);
    await redis.ping();
    const stats = await client.info('commandstats');
    expect(stats).toMatch(/cmdstat_get:calls=1,/);
    expect(stats).not.toMatch(/cmdstat_set:/);
    client.disconnect();
  });
});
