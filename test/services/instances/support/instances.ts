import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { freeTcpPort, runSettings, startMongo, startRedis, type MongoReplicaSet, type Redis } from '../../../servers/index.js';
import { startLiveKitStack, type LiveKitStack } from '../../support/livekit-stack.js';
import { joinSilently } from '../../support/participant.js';
import { startTally, type Tally } from '../../support/tally.js';
import type { TallyClient } from '../../support/tally-client.js';

export interface InstancesOptions {
  /** The instances that receive LiveKit's webhooks. */
  readonly webhooks: 'both' | 'first';
  /** Further environment variables of both instances. */
  readonly tallyEnv?: Readonly<Record<string, string>>;
}

/** Two instances of Tally on one MongoDB, one Redis and one LiveKit. */
export interface Instances extends LiveKitStack {
  readonly mongo: MongoReplicaSet;
  /** The Redis of the two instances; LiveKit has another one. */
  readonly redis: Redis;
  readonly first: Tally;
  readonly second: Tally;
  /** Creates rooms, each with one participant that stays. */
  openRooms(count: number): Promise<readonly string[]>;
  /** Starts the first instance again, on its old data and port, after it was killed. */
  restartFirst(): Promise<void>;
}

export async function startInstances({ webhooks, tallyEnv = {} }: InstancesOptions): Promise<Instances> {
  const ports = [await freeTcpPort(), await freeTcpPort()] as const;
  const told = webhooks === 'both' ? ports : ports.slice(0, 1);
  const [mongo, redis, liveKit] = await Promise.all([
    startMongo(),
    startRedis(),
    startLiveKitStack(told.map((port) => `http://127.0.0.1:${port}/livekit/webhook`)),
  ]);
  const env = {
    MEET_MONGO_URI: mongo.uri,
    MEET_MONGO_DB_NAME: 'tally',
    MEET_REDIS_HOST: '127.0.0.1',
    MEET_REDIS_PORT: String(redis.port),
    MEET_REDIS_PASSWORD: '',
    ...tallyEnv,
  };
  const dataDirs = new Map<number, string>();
  const start = async (port: number) => {
    const dataDir = dataDirs.get(port) ?? (await mkdtemp(join(runSettings().dir, 'tally-')));
    dataDirs.set(port, dataDir);
    const tally = await startTally({ port, liveKitUrl: liveKit.wsUrl, mediaDir: liveKit.mediaDir, dataDir, env });
    liveKit.own(tally.process);
    return tally;
  };
  const [first, second] = await Promise.all([start(ports[0]), start(ports[1])]);
  return {
    ...liveKit,
    mongo,
    redis,
    first,
    second,
    async openRooms(count) {
      const roomIds = await Promise.all(numbers(count).map((index) => first.client.createRoom(`Shared ${index}`)));
      liveKit.own(await joinSilently(liveKit.wsUrl, roomIds, 'ann'));
      return roomIds;
    },
    async restartFirst() {
      await start(ports[0]);
    },
    async stop() {
      await liveKit.stop();
      await redis.stop();
      await mongo.stop();
    },
  };
}

export function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Starts a recording in each room, all at the same time. */
export async function startAll(tally: TallyClient, roomIds: readonly string[]): Promise<readonly string[]> {
  const started = await Promise.all(roomIds.map((roomId) => tally.startRecording(roomId)));
  return started.map(({ recordingId }) => recordingId);
}
