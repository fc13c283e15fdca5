import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { EgressClient, RoomServiceClient } from 'livekit-server-sdk';
import {
  liveKitKey,
  liveKitSecret,
  runSettings,
  startEgressWorker,
  startLiveKit,
  startRedis,
  type EgressWorkerOptions,
  type RunningProcess,
} from '../../servers/index.js';
import { joinMeeting } from './participant.js';

export type WorkerOptions = Pick<EgressWorkerOptions, 'media' | 'capacity' | 'activeAfterMs' | 's3'>;

/** Redis and LiveKit with their own ports and folders. The test adds egress workers and participants. */
export interface LiveKitStack {
  readonly wsUrl: string;
  readonly mediaDir: string;
  readonly rooms: RoomServiceClient;
  readonly egress: EgressClient;
  startWorker(options?: WorkerOptions): Promise<RunningProcess>;
  /** Lets two participants join, show a moving picture and play a tone. The returned function makes both leave. */
  meet(roomId: string): Promise<() => Promise<void>>;
  /** Kills LiveKit as in a crash, and starts it again. */
  restartLiveKit(): Promise<void>;
  /** Empties LiveKit's Redis. */
  flushRedis(): Promise<void>;
  /** Makes `stop` stop this process too, before the processes of the stack. */
  own(process: RunningProcess): void;
  stop(): Promise<void>;
}

export async function startLiveKitStack(webhookUrls: readonly string[]): Promise<LiveKitStack> {
  const owned: RunningProcess[] = [];
  const mediaDir = await mkdtemp(join(runSettings().dir, 'media-'));
  const redis = await startRedis();
  owned.unshift(redis);
  const liveKit = await startLiveKit({ redis: redis.address, webhookUrls });
  owned.unshift(liveKit);
  const { url, wsUrl } = liveKit;

  return {
    wsUrl,
    mediaDir,
    rooms: new RoomServiceClient(url, liveKitKey, liveKitSecret),
    // LiveKit waits up to 27 s for a worker before it answers that there is none.
    egress: new EgressClient(url, liveKitKey, liveKitSecret, { requestTimeout: 40 }),
    async restartLiveKit() {
      await liveKit.kill();
      owned.unshift(await liveKit.startAgain());
    },
    flushRedis: () => redis.flush(),
    own(process) {
      owned.unshift(process);
    },
    async startWorker(options = {}) {
      const worker = await startEgressWorker({ redis: redis.address, wsUrl, filesDir: mediaDir, ...options });
      owned.unshift(worker);
      return worker;
    },
    async meet(roomId) {
      const people = await Promise.all([joinMeeting(wsUrl, roomId, 'ann', 440), joinMeeting(wsUrl, roomId, 'bob', 660)]);
      owned.unshift(...people);
      return async () => {
        for (const person of people) await person.stop();
      };
    },
    async stop() {
      for (const process of owned) await process.stop();
    },
  };
}
