import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';

import { createConnection } from 'mongoose';

import { poll } from './processes/poll.js';
import { accepts, freeTcpPort } from './processes/ports.js';
import { type RunningProcess, startProcess } from './processes/process.js';
import { programPath, runSettings } from './run-settings.js';

export interface MongoNode extends RunningProcess {
  /** `host:port` */
  readonly address: string;
  /** Freezes the node until `resume`, as if its machine hung. */
  pause(): void;
  resume(): void;
}

export interface MongoReplicaSet {
  readonly uri: string;
  readonly nodes: readonly MongoNode[];
  /** Waits until one of the nodes is the primary, and returns it. */
  primary(): Promise<MongoNode>;
  /** Makes the primary step down for some seconds, as in maintenance. */
  stepDown(): Promise<void>;
  /** Starts a node again on its data, after it was killed. */
  startAgain(node: MongoNode): Promise<MongoNode>;
  stop(): Promise<void>;
}

const setName = 'tally';
const size = 3;
/** The set replaces a lost primary after this time; MongoDB's default is ten seconds. */
const electionTimeoutMs = 2_000;

/** Starts a replica set of three members, each with its own data. */
export async function startMongo(): Promise<MongoReplicaSet> {
  const starts = await Promise.all(Array.from({ length: size }, prepareNode));
  const nodes = await Promise.all(starts.map((start) => start()));
  const set: MongoReplicaSet = {
    uri: `mongodb://${nodes.map(({ address }) => address).join(',')}/?replicaSet=${setName}`,
    nodes,
    primary: () =>
      poll('there is a primary', 30_000, async () => {
        for (const node of nodes) if (node.isRunning() && (await isPrimary(node))) return node;
        return undefined;
      }),
    async stepDown() {
      const { address } = await set.primary();
      await ask(address, { replSetStepDown: 5, secondaryCatchUpPeriodSecs: 2 });
    },
    async startAgain(node) {
      const index = nodes.indexOf(node);
      const start = starts[index];
      if (start === undefined) throw new Error(`${node.address} is not of this replica set`);
      return (nodes[index] = await start());
    },
    async stop() {
      for (const node of nodes) node.resume();
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
  await initiate(nodes);
  await set.primary();
  return set;
}

/** Initiates the replica set. The first node has the highest priority, so it becomes the primary whenever it can. */
async function initiate(nodes: readonly MongoNode[]): Promise<void> {
  const members = nodes.map(({ address }, _id) => ({ _id, host: address, priority: _id === 0 ? 2 : 1 }));
  const settings = { electionTimeoutMillis: electionTimeoutMs };
  await ask(nodes[0]?.address ?? '', { replSetInitiate: { _id: setName, members, settings } });
}

async function isPrimary({ address }: MongoNode): Promise<boolean> {
  const answer = await ask(address, { hello: 1 }).catch(() => ({ isWritablePrimary: false }));
  return answer.isWritablePrimary === true;
}

/** @returns a function that starts the node, and starts it again, on the same port and data */
async function prepareNode(): Promise<() => Promise<MongoNode>> {
  const port = await freeTcpPort();
  const data = await mkdtemp(join(runSettings().dir, 'mongo-'));
  const net = ['--bind_ip', '127.0.0.1', '--port', String(port), '--dbpath', data, '--replSet', setName];
  const memory = ['--wiredTigerCacheSizeGB', '0.5', '--oplogSize', '256'];
  return async () => {
    const node = await startProcess({
      name: 'mongod',
      file: programPath('mongod'),
      args: [...net, ...memory, '--setParameter', 'diagnosticDataCollectionEnabled=false'],
      stopSignal: 'SIGKILL', // on SIGTERM a primary would hand over to another member first
      ready: () => accepts(port),
    });
    return {
      ...node,
      address: `127.0.0.1:${port}`,
      pause: () => void process.kill(node.pid, 'SIGSTOP'),
      resume() {
        if (node.isRunning()) process.kill(node.pid, 'SIGCONT');
      },
    };
  };
}

/** Sends one command to one member. */
async function ask(address: string, command: Record<string, unknown>): Promise<Record<string, unknown>> {
  const connection = createConnection(`mongodb://${address}/admin?directConnection=true`, {
    serverSelectionTimeoutMS: 2_000,
    socketTimeoutMS: 15_000,
  });
  try {
    await connection.asPromise();
    return await connection.getClient().db('admin').command(command);
  } finally {
    await connection.close(true);
  }
}
