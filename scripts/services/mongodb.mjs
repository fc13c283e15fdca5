import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { poll } from './poll.mjs';
import { accepts, freeTcpPort } from './ports.mjs';
import { runSettings, startProcess } from './process.mjs';

const setName = 'tally';
/** A lost primary is replaced after this time instead of ten seconds. */
const electionTimeoutMs = 2_000;

/** A replica set of three, each member with data of its own. */
export async function startMongo() {
  const { dir, programs } = runSettings();
  const members = [];
  for (let count = 0; count < 3; count += 1) {
    members.push({ port: await freeTcpPort(), data: await mkdtemp(join(dir, 'mongo-')) });
  }
  const nodes = await Promise.all(members.map((member) => startNode(programs.mongod, member)));
  const uri = `mongodb://${nodes.map(({ address }) => address).join(',')}/?replicaSet=${setName}`;
  const isPrimary = async ({ address }) => (await ask(address, { hello: 1 }).catch(() => ({}))).isWritablePrimary === true;
  const set = {
    uri,
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
      nodes[index] = await startNode(programs.mongod, members[index]);
      return nodes[index];
    },
    async stop() {
      for (const node of nodes) node.resume();
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
  const hosts = nodes.map(({ address }, _id) => ({ _id, host: address, priority: _id === 0 ? 2 : 1 }));
  const settings = { electionTimeoutMillis: electionTimeoutMs };
  await ask(nodes[0].address, { replSetInitiate: { _id: setName, members: hosts, settings } });
  await set.primary();
  return set;
}

async function startNode(file, { port, data }) {
  const net = ['--bind_ip', '127.0.0.1', '--port', String(port), '--dbpath', data, '--replSet', setName];
  const small = [
    '--wiredTigerCacheSizeGB',
    '0.5',
    '--oplogSize',
    '256',
    '--setParameter',
    'diagnosticDataCollectionEnabled=false',
  ];
  const node = await startProcess({
    name: 'mongod',
    file,
    args: [...net, ...small],
    stopSignal: 'SIGKILL', // a primary would hand over its office first
    ready: () => accepts(port),
  });
  return {
    ...node,
    address: `127.0.0.1:${port}`,
    pause: () => process.kill(node.pid, 'SIGSTOP'),
    resume: () => node.isRunning() && process.kill(node.pid, 'SIGCONT'),
  };
}

/** One command to one member. */
async function ask(address, command) {
  const connection = mongoose.createConnection(`mongodb://${address}/admin?directConnection=true`, {
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
