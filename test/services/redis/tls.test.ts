import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll, startRedis, type Redis } from '../../servers/index.js';
import { systemClock } from '../../../src/clock.js';
import { parseConfig } from '../../../src/config/config.js';
import { LocksUnavailableError } from '../../../src/errors.js';
import { openPersistence, type Persistence } from '../../../src/persistence/index.js';
import { openRedis } from '../../../src/persistence/redis/open-redis.js';
import { createDataFolder } from '../../support/stores/data-folder.js';
import { makeCertificates, type Certificates } from './certificates.js';
import { silentLog, startCluster, startSentinel, type RedisGroup } from './servers.js';

let certificates: Certificates;
let server: Redis;
let cluster: RedisGroup;
let behind: Awaited<ReturnType<typeof startSentinel>>;

beforeAll(async () => {
  certificates = await makeCertificates();
  const encrypted = { tls: certificates };
  [server, cluster, behind] = await Promise.all([
    startRedis({ tls: certificates.serverArgs }),
    startCluster(encrypted),
    startSentinel(encrypted),
  ]);
});
afterAll(() => Promise.all([server, cluster, behind].map((each) => each.stop())));

const places: Record<string, () => Record<string, string>> = {
  'a Redis': () => ({ MEET_REDIS_HOST: 'localhost', MEET_REDIS_PORT: String(server.port), MEET_REDIS_PASSWORD: '' }),
  'a cluster': () => ({
    TALLY_REDIS_CLUSTER_NODES: cluster.nodes.map(({ address }) => address).join(','),
    MEET_REDIS_PASSWORD: '',
  }),
  'a master behind sentinels': () => ({
    MEET_REDIS_SENTINEL_HOST_LIST: `localhost:${behind.sentinelPort}`,
    MEET_REDIS_SENTINEL_MASTER_NAME: behind.masterName,
    // This sentinel needs no password and accepts any, but the variable is required.
    MEET_REDIS_SENTINEL_PASSWORD: 'any',
    MEET_REDIS_PASSWORD: behind.password,
  }),
};

async function withPersistence(env: Record<string, string>, use: (opened: Persistence) => Promise<void>): Promise<void> {
  const folder = await createDataFolder();
  const config = parseConfig({ TALLY_DATA_DIR: folder.path, ...env });
  const opened = await openPersistence(config, {
    clock: systemClock,
    log: silentLog,
    signal: new AbortController().signal,
    onMigrating: () => undefined,
  });
  try {
    await use(opened);
  } finally {
    await opened.close();
    await folder.remove();
  }
}

describe.each(Object.keys(places))('%s that accepts only TLS', (name) => {
  const env = () => ({ TALLY_REDIS_TLS: 'true', TALLY_REDIS_TLS_CA: certificates.caFile, ...places[name]?.() });

  it('keeps the locks and carries the messages of two instances', async () => {
    await withPersistence(env(), async (one) => {
      await withPersistence(env(), async (other) => {
        const attempt = await one.roomLocks.acquire('room', 'one', 60_000);
        expect(attempt.acquired).toBe(true);
        expect(await other.roomLocks.acquire('room', 'two', 60_000)).toMatchObject({ acquired: false, holder: { uid: 'one' } });
        await one.roomLocks.release('room', attempt.acquired ? attempt.value : '');
        let isHeard = false;
        other.bus.subscribe(() => (isHeard = true));
        await poll('a message is heard', 20_000, () => {
          one.bus.publish({ kind: 'recording', key: 'k' });
          return isHeard;
        });
      });
    });
  });

  it('makes clients without its authority, and clients without TLS, throw LocksUnavailableError', async () => {
    const { TALLY_REDIS_TLS_CA: _, ...unknown } = env();
    await withPersistence(unknown, async ({ roomLocks, ping }) => {
      await expect(ping.locks()).rejects.toThrow(LocksUnavailableError);
      await expect(roomLocks.acquire('room', 'one', 1_000)).rejects.toThrow(LocksUnavailableError);
    });
    await withPersistence({ ...places[name]?.() }, async ({ ping }) => {
      await expect(ping.locks()).rejects.toThrow(LocksUnavailableError);
    });
  });
});

it('the Redis adapter refuses a certificate for another host', async () => {
  const at = { port: server.port, tls: { ca: certificates.ca }, log: silentLog };
  const trusted = await openRedis({ ...at, host: '127.0.0.1' });
  await trusted.ping();
  await trusted.close();
  const stranger = await openRedis({ ...at, host: '127.1' }); // the same address under a name that the certificate lacks
  await expect(stranger.ping()).rejects.toThrow(LocksUnavailableError);
  await stranger.close();
});
