import { Cluster, Redis, type RedisOptions } from 'ioredis';

import { type Clock, within } from '../../clock.js';
import type { HostAndPort } from '../../config/config.js';
import { InvalidInputError } from '../../errors.js';
import type { OutageLog } from '../../outages.js';

export type RedisClient = Redis | Cluster;

/** Address of Redis. `sentinels` or `cluster`, not both, replaces host and port. */
export interface RedisTarget {
  host: string;
  port: number;
  username?: string;
  password?: string;
  /** Number of the Redis database, default 0; a cluster has only database 0. */
  db?: number;
  sentinels?: { addresses: readonly HostAndPort[]; masterName: string; password?: string };
  /** Addresses of some nodes of a Redis cluster; the client discovers the remaining nodes. */
  cluster?: readonly HostAndPort[];
  /** Encrypt every connection. `ca` has the trusted authorities' certificates in PEM; default: those that Node.js trusts. */
  tls?: { ca?: string };
}

/** The options of ioredis. Its constructor's type rejects a value whose `replyMapping` may be undefined. */
type Options = Omit<RedisOptions, 'replyMapping'>;

/** Time limit of one Redis command, milliseconds. */
const COMMAND_LIMIT_MS = 800;
const CONNECT_LIMIT_MS = 1_000;
/** A connection without the answer to a command for this long is replaced, milliseconds. */
const SILENCE_LIMIT_MS = 2_500;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Create a client that is not connected yet. It reconnects forever; meanwhile commands fail at once and are not queued.
 *
 * @throws InvalidInputError the target has both sentinels and a cluster, or a cluster with a database other than 0
 */
export function createClient(target: RedisTarget, outages: OutageLog): RedisClient {
  const client = target.cluster === undefined ? new Redis(nodeOptions(target)) : createCluster(target, target.cluster);
  client.on('error', (error: unknown) => outages.failed(error));
  client.on('ready', () => outages.worked());
  return client;
}

/** Connect the client. Resolves also if the first attempt fails or takes too long; the client then keeps trying. */
export async function connect(client: RedisClient, clock: Pick<Clock, 'after'>): Promise<void> {
  // The handler of the client's 'error' event logs the failure.
  await within(CONNECT_LIMIT_MS, clock, () => client.connect()).catch(() => undefined);
}

export async function disconnect(client: RedisClient): Promise<void> {
  if (client.status === 'ready') await client.quit().catch(() => undefined);
  client.disconnect();
}

/** The master nodes, which have the keys; empty if no node of a cluster is known. */
export function keyNodes(client: RedisClient): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

/** The values of many keys, read by one command (in a cluster: one per key). A missing key has the value null. */
export async function getAll(client: RedisClient, keys: readonly string[]): Promise<(string | null)[]> {
  if (client instanceof Cluster) return Promise.all(keys.map((key) => client.get(key)));
  return keys.length === 0 ? [] : client.mget([...keys]);
}

function createCluster(target: RedisTarget, nodes: readonly HostAndPort[]): Cluster {
  if (target.sentinels !== undefined) throw new InvalidInputError('Redis is behind sentinels or a cluster, not both');
  if ((target.db ?? 0) !== 0) throw new InvalidInputError('A Redis cluster has database 0 only');
  const { retryStrategy: _, enableOfflineQueue: __, lazyConnect: ___, ...redisOptions } = sharedOptions(target);
  return new Cluster([...nodes], {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: pauseBeforeRetry,
    clusterNodeRetryStrategy: pauseBeforeRetry,
    redisOptions,
    // A certificate is issued for a host name, so the cluster client must not replace the name by an IP address.
    ...(target.tls !== undefined && { dnsLookup: (host, done) => done(null, host) }),
  });
}

function nodeOptions(target: RedisTarget): Options {
  const { host, port, sentinels, tls } = target;
  if (sentinels === undefined) return { ...sharedOptions(target), host, port };
  return {
    ...sharedOptions(target),
    sentinels: [...sentinels.addresses],
    name: sentinels.masterName,
    sentinelPassword: sentinels.password,
    sentinelCommandTimeout: COMMAND_LIMIT_MS,
    sentinelRetryStrategy: pauseBeforeRetry,
    ...(tls !== undefined && { enableTLSForSentinelMode: true, sentinelTLS: tls }),
  };
}

function sharedOptions({ username, password, db, tls }: RedisTarget): Options {
  return {
    username,
    password,
    db: db ?? 0,
    ...(tls !== undefined && { tls }),
    lazyConnect: true,
    connectTimeout: CONNECT_LIMIT_MS,
    commandTimeout: COMMAND_LIMIT_MS,
    socketTimeout: SILENCE_LIMIT_MS,
    enableOfflineQueue: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    keepAlive: 10_000,
    retryStrategy: pauseBeforeRetry,
    // A master that has become a replica answers READONLY; to connect again finds the new master.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

function pauseBeforeRetry(times: number): number {
  return Math.min(50 * times, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
}
