import { Cluster, Redis, type RedisOptions } from 'ioredis';

import { type Clock, within } from '../../clock.js';
import type { HostAndPort } from '../../config/config.js';
import { InvalidInputError } from '../../errors.js';
import type { OutageLog } from '../../outages.js';

export type RedisClient = Redis | Cluster;

/** Where Redis is. Give `sentinels` or `cluster` in place of host and port, not both. */
export interface RedisTarget {
  host: string;
  port: number;
  username?: string;
  password?: string;
  /** Number of the database, default 0; a cluster has no other. */
  db?: number;
  sentinels?: { addresses: readonly HostAndPort[]; masterName: string; password?: string };
  /** Some of the nodes of a cluster; the others are found. */
  cluster?: readonly HostAndPort[];
  /** Encrypt every connection. Without `ca`, certificates in PEM, the authorities that Node knows count. */
  tls?: { ca?: string };
}

/** What ioredis lets nobody leave open. */
type Options = Omit<RedisOptions, 'replyMapping'>;

/** No command is waited for longer, milliseconds. */
const COMMAND_LIMIT_MS = 800;
const CONNECT_LIMIT_MS = 1_000;
/** A connection that owes an answer for so long is replaced, milliseconds. */
const SILENCE_LIMIT_MS = 2_500;
const LONGEST_PAUSE_MS = 1_000;

/**
 * A client that is not connected yet. It reconnects for ever; meanwhile commands fail at once instead of waiting in a queue.
 *
 * @throws InvalidInputError both sentinels and a cluster, or a cluster with a database
 */
export function createClient(target: RedisTarget, outages: OutageLog): RedisClient {
  const client = target.cluster === undefined ? new Redis(nodeOptions(target)) : createCluster(target, target.cluster);
  client.on('error', (error: unknown) => outages.failed(error));
  client.on('ready', () => outages.worked());
  return client;
}

/** Resolves when connected, or when the first attempt failed or took too long: the client goes on trying. */
export async function connect(client: RedisClient, clock: Pick<Clock, 'after'>): Promise<void> {
  // The client's 'error' event says what went wrong.
  await within(CONNECT_LIMIT_MS, clock, () => client.connect()).catch(() => undefined);
}

export async function disconnect(client: RedisClient): Promise<void> {
  if (client.status === 'ready') await client.quit().catch(() => undefined);
  client.disconnect();
}

/** The nodes that hold keys; none when a cluster cannot be reached. */
export function keyNodes(client: RedisClient): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

/** The values of many keys, by one command; a cluster's nodes are asked key by key. Keys that are not there have null. */
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
    // A certificate names the host, so the host's name is not to be replaced by its address.
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
    // A master that became a replica: its successor is found by connecting anew.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

function pauseBeforeRetry(times: number): number {
  return Math.min(50 * times, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
}
