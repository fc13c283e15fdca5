import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  freeTcpPort,
  liveKitKey,
  liveKitSecret,
  runSettings,
  startMongo,
  startProcess,
  startRedis,
  type MongoReplicaSet,
  type Redis,
} from '../../../servers/index.js';
import { createSimulatorControl, type SimulatorControl } from '../../../support/simulator/simulator-control.js';
import type { TallyClient } from '../../support/tally-client.js';
import { startTally, type Tally } from '../../support/tally.js';
import { startTcpGate, type TcpGate } from './tcp-gate.js';

const simulatorEntry = fileURLToPath(new URL('../../../../dist/src/simulator/main.js', import.meta.url));

export interface ClusterOptions {
  readonly instances: number;
  /** Divides the delays of the simulator. */
  readonly speed: number;
  /** Further environment variables of every instance. */
  readonly tallyEnv?: Readonly<Record<string, string>>;
  /** Further environment variables of the simulator, such as its bucket. */
  readonly simulatorEnv?: Readonly<Record<string, string>>;
}

/** Several instances of Tally on one MongoDB, one Redis and one simulator, which knows what each egress really did. */
export interface Cluster {
  readonly mongo: MongoReplicaSet;
  readonly redis: Redis;
  readonly simulator: SimulatorControl;
  /** The gate between the instances and the simulator; webhooks bypass it. */
  readonly liveKitGate: TcpGate;
  readonly tallies: readonly Tally[];
  readonly clients: readonly TallyClient[];
  /** The client of the first instance. */
  readonly client: TallyClient;
  /** Creates rooms with one participant each. */
  openRooms(count: number): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { dir } = runSettings();
  const ports: number[] = [];
  for (let count = 0; count < options.instances; count += 1) ports.push(await freeTcpPort());
  const mediaDir = await mkdtemp(join(dir, 'media-'));
  const simulatorPort = await freeTcpPort();
  const url = `http://127.0.0.1:${simulatorPort}`;
  const [mongo, redis, liveKit] = await Promise.all([
    startMongo(),
    startRedis(),
    startProcess({
      name: 'simulator',
      file: process.execPath,
      args: [
        '--enable-source-maps',
        simulatorEntry,
        ...['--port', String(simulatorPort), '--speed', String(options.speed), '--media-dir', mediaDir],
        ...['--key', liveKitKey, '--secret', liveKitSecret],
        // Several addresses stand for a load balancer: the simulator sends each webhook to one of the instances.
        ...ports.flatMap((port) => ['--webhook', `http://127.0.0.1:${port}/livekit/webhook`]),
      ],
      env: { ...options.simulatorEnv },
      ready: (lines) => lines.includes(url),
    }),
  ]);
  const liveKitGate = await startTcpGate(simulatorPort);
  const simulator = createSimulatorControl({ url, apiKey: liveKitKey, apiSecret: liveKitSecret });
  const env = {
    MEET_MONGO_URI: mongo.uri,
    MEET_MONGO_DB_NAME: 'tally',
    MEET_REDIS_HOST: '127.0.0.1',
    MEET_REDIS_PORT: String(redis.port),
    MEET_REDIS_PASSWORD: '',
    ...options.tallyEnv,
  };
  const start = async (port: number): Promise<Tally> => {
    const dataDir = await mkdtemp(join(dir, 'tally-'));
    return startTally({ port, liveKitUrl: `http://127.0.0.1:${liveKitGate.port}`, mediaDir, dataDir, env });
  };
  const tallies = await Promise.all(ports.map(start));
  const clients = tallies.map((tally) => tally.client);
  const [client] = clients;
  if (client === undefined) throw new Error('a cluster of none');
  return {
    mongo,
    redis,
    simulator,
    liveKitGate,
    tallies,
    clients,
    client,
    async openRooms(count) {
      const roomIds: string[] = [];
      while (roomIds.length < count) {
        const some = Array.from({ length: Math.min(50, count - roomIds.length) }, () => client.createRoom('Load'));
        const opened = await Promise.all(some);
        await Promise.all(opened.map((roomId) => simulator.join(roomId)));
        roomIds.push(...opened);
      }
      return roomIds;
    },
    async stop() {
      await Promise.all(tallies.map((tally) => tally.process.stop()));
      await liveKitGate.shut();
      await liveKit.stop();
      await redis.stop();
      await mongo.stop();
    },
  };
}
