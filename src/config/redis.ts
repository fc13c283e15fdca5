import path from 'node:path';

import { refusal } from './refusal.js';
import { docs, type HostAndPort, hostsAndPorts, integer, oneOf, text, type Values } from './values.js';

export const redisVariables = {
  MEET_REDIS_HOST: text().default('localhost').register(docs, { description: 'Host of a single Redis.' }),
  MEET_REDIS_PORT: integer(1, 65_535).default(6379).register(docs, { description: 'Port of a single Redis.' }),
  MEET_REDIS_USERNAME: text().optional().register(docs, { description: 'User.', defaultText: 'none' }),
  MEET_REDIS_PASSWORD: text()
    .default('redispassword')
    .register(docs, { description: 'Password; an empty value means a Redis without a password.' }),
  MEET_REDIS_DB: integer(0, 65_535).default(0).register(docs, { description: 'Number of the database.' }),
  MEET_REDIS_SENTINEL_HOST_LIST: hostsAndPorts().optional().register(docs, {
    description: 'Sentinels, `host:port` and comma-separated; they replace host and port.',
    defaultText: 'none',
  }),
  MEET_REDIS_SENTINEL_PASSWORD: text().optional().register(docs, {
    description: 'Password of the sentinels.',
    defaultText: 'none',
  }),
  MEET_REDIS_SENTINEL_MASTER_NAME: text()
    .default('openvidu')
    .register(docs, { description: 'Name under which the sentinels know the master.' }),
  TALLY_REDIS_CLUSTER_NODES: hostsAndPorts().optional().register(docs, {
    description: 'Some nodes of a cluster, `host:port` and comma-separated; they replace host and port.',
    defaultText: 'none',
  }),
  TALLY_REDIS_TLS: oneOf(['true', 'false']).default('false').register(docs, {
    description: '`true` encrypts every connection, also to sentinels and cluster nodes.',
  }),
  TALLY_REDIS_TLS_CA: text().optional().register(docs, {
    description: "PEM file with the CA certificates that vouch for Redis; it replaces Node.js's own list.",
    defaultText: 'none',
  }),
};

export interface RedisConfig {
  kind: 'real';
  host: string;
  port: number;
  username?: string;
  password?: string;
  db: number;
  sentinels?: { addresses: HostAndPort[]; masterName: string; password?: string };
  /** Some nodes of a cluster. */
  clusterNodes?: HostAndPort[];
  /** Without a file, Node.js's own list of authorities applies. */
  tls?: { caFile?: string };
}

type RedisValues = Values<typeof redisVariables>;

/**
 * @throws InvalidInputError when sentinels stand beside a cluster, when a cluster is used with a database other than 0, or when a CA
 *   file is set without TLS
 */
export function toRedis(values: RedisValues): RedisConfig {
  const { MEET_REDIS_SENTINEL_HOST_LIST: addresses, MEET_REDIS_SENTINEL_PASSWORD: sentinelPassword } = values;
  const clusterNodes = toClusterNodes(values);
  const tls = toTls(values);
  return {
    kind: 'real',
    host: values.MEET_REDIS_HOST,
    port: values.MEET_REDIS_PORT,
    ...(values.MEET_REDIS_USERNAME !== undefined && { username: values.MEET_REDIS_USERNAME }),
    ...(values.MEET_REDIS_PASSWORD !== '' && { password: values.MEET_REDIS_PASSWORD }),
    db: values.MEET_REDIS_DB,
    ...(addresses !== undefined && {
      sentinels: {
        addresses,
        masterName: values.MEET_REDIS_SENTINEL_MASTER_NAME,
        ...(sentinelPassword !== undefined && { password: sentinelPassword }),
      },
    }),
    ...(clusterNodes !== undefined && { clusterNodes }),
    ...(tls !== undefined && { tls }),
  };
}

function toClusterNodes(values: RedisValues): HostAndPort[] | undefined {
  const { TALLY_REDIS_CLUSTER_NODES: nodes } = values;
  if (nodes === undefined) return undefined;
  const field = 'TALLY_REDIS_CLUSTER_NODES';
  if (values.MEET_REDIS_SENTINEL_HOST_LIST !== undefined) {
    throw refusal([field, 'cannot be used with MEET_REDIS_SENTINEL_HOST_LIST: Redis has either sentinels or a cluster']);
  }
  if (values.MEET_REDIS_DB !== 0) throw refusal([field, 'needs MEET_REDIS_DB=0: a cluster has only this database']);
  return nodes;
}

function toTls({ TALLY_REDIS_TLS: tls, TALLY_REDIS_TLS_CA: caFile }: RedisValues): { caFile?: string } | undefined {
  if (tls === 'true') return caFile === undefined ? {} : { caFile: path.resolve(caFile) };
  if (caFile !== undefined) throw refusal(['TALLY_REDIS_TLS_CA', 'goes with TALLY_REDIS_TLS=true only']);
  return undefined;
}
