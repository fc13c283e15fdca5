import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Redis as Client, type RedisOptions } from 'ioredis';
import { pino } from 'pino';
import {
  freeTcpPort,
  poll,
  runSettings,
  startProcess,
  startRedis,
  type Redis,
  type RunningProcess,
} from '../../servers/index.js';
import type { Certificates } from './certificates.js';

export interface RedisGroup {
  nodes: Redis[];
  stop(): Promise<void>;
}

/** When `tls` is given, every connection to and between the servers is encrypted. */
export interface Encrypted {
  tls?: Certificates;
}

export const silentLog = pino({ level: 'silent' });

/** A Redis client whose connection errors do not throw; its calls reject instead. */
export function connectTo(port: number, options: Omit<RedisOptions, 'replyMapping'> = {}): Client {
  return new Client(port, '127.0.0.1', options).on('error', () => undefined);
}

/** Starts a cluster of three nodes that share the keys. */
export async function startCluster({ tls }: Encrypted = {}): Promise<RedisGroup> {
  const nodes = await Promise.all([0, 1, 2].map(() => startClusterNode(tls)));
  const clients = nodes.map(({ port }) => connectTo(port, clientOptions(tls)));
  const [first, second, third] = clients;
  await first?.call('CLUSTER', 'ADDSLOTSRANGE', 0, 5_460);
  await second?.call('CLUSTER', 'ADDSLOTSRANGE', 5_461, 10_922);
  await third?.call('CLUSTER', 'ADDSLOTSRANGE', 10_923, 16_383);
  for (const { port, busPort } of nodes.slice(1)) await first?.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
  for (const client of clients) {
    await poll('the cluster is complete', 20_000, async () => {
      const info = await client.cluster('INFO');
      return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
    });
    client.disconnect();
  }
  return { nodes, stop: () => stopAll(nodes) };
}

/** Starts a master with a replica, and one sentinel that declares the master dead after half a second. */
export async function startSentinel({ tls }: Encrypted = {}): Promise<
  RedisGroup & { sentinelPort: number; masterName: string; password: string }
> {
  const password = randomBytes(8).toString('hex');
  const protection = ['--requirepass', password, '--masterauth', password];
  const master = await startRedis({ args: protection, ...serverOptions(tls) });
  const replica = await startRedis({
    args: [...protection, '--replicaof', '127.0.0.1', String(master.port)],
    ...serverOptions(tls),
  });
  const masterName = 'tally';
  const sentinelPort = await freeTcpPort();
  const { dir, programs } = runSettings();
  const file = join(await mkdtemp(join(dir, 'sentinel-')), 'sentinel.conf');
  const lines = [
    'bind 127.0.0.1',
    ...(tls === undefined ? [`port ${sentinelPort}`] : ['port 0', `tls-port ${sentinelPort}`, ...asSettings(tls.serverArgs)]),
    `sentinel monitor ${masterName} 127.0.0.1 ${master.port} 1`,
    `sentinel auth-pass ${masterName} ${password}`,
    `sentinel down-after-milliseconds ${masterName} 500`,
    `sentinel failover-timeout ${masterName} 2000`,
  ];
  await writeFile(file, lines.join('\n'));
  const sentinel = await startProcess({
    name: 'sentinel',
    file: programs['redis'] ?? '',
    args: [file, '--sentinel', '--set-proc-title', 'no'],
    ready: (output) => output.some((line) => line.includes('+monitor')),
  });
  const client = connectTo(sentinelPort, clientOptions(tls));
  await poll('the sentinel knows the replica', 20_000, async () => {
    const replicas = (await client.call('SENTINEL', 'REPLICAS', masterName)) as unknown[];
    return replicas.length === 1;
  });
  client.disconnect();
  const nodes = [master, replica];
  return { nodes, sentinelPort, masterName, password, stop: () => stopAll([...nodes, sentinel]) };
}

async function startClusterNode(tls?: Certificates): Promise<Redis & { busPort: number }> {
  const busPort = await freeTcpPort();
  const args = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
  const node = await startRedis({ args, ...serverOptions(tls) });
  return { ...node, busPort };
}

function serverOptions(tls?: Certificates): { tls?: readonly string[] } {
  return tls === undefined ? {} : { tls: tls.serverArgs };
}

function clientOptions(tls?: Certificates): Omit<RedisOptions, 'replyMapping'> {
  return tls === undefined ? {} : { tls: { ca: tls.ca } };
}

/** Converts `--name value` pairs to lines of a configuration file. */
function asSettings(args: readonly string[]): string[] {
  return args.join(' ').split('--').slice(1);
}

async function stopAll(processes: readonly RunningProcess[]): Promise<void> {
  await Promise.all(processes.map((each) => each.stop()));
}
