import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { RoomServiceClient } from 'livekit-server-sdk';
import {
  freeTcpPort,
  liveKitKey,
  liveKitSecret,
  runSettings,
  startEgressWorker,
  startLiveKit,
  startRedis,
  type EgressWorkerOptions,
  type RunningProcess,
} from '../../../scripts/services/index.mjs';
import { joinMeeting } from './participant.js';
import type { TallyClient } from './tally-client.js';
import { startTally } from './tally.js';

export interface StackOptions {
  /** Where LiveKit's webhooks go; `nowhere` is a port on which nobody listens. */
  readonly webhooks?: 'tally' | 'nowhere';
  readonly tallyEnv?: Readonly<Record<string, string>>;
}

export interface Meeting {
  readonly roomId: string;
  /** Everybody leaves. */
  leave(): Promise<void>;
}

export type WorkerOptions = Pick<EgressWorkerOptions, 'media' | 'capacity' | 'activeAfterMs'>;

/** Redis, LiveKit and Tally on ports and folders of their own. Egress workers and participants are added by the test. */
export interface Stack {
  readonly tally: TallyClient;
  readonly liveKitUrl: string;
  readonly rooms: RoomServiceClient;
  startWorker(options?: WorkerOptions): Promise<RunningProcess>;
  /** A room of Tally with two participants who show a moving picture and play a tone. */
  openMeeting(roomName: string): Promise<Meeting>;
  /** Have the stack stop this process too. */
  own(process: RunningProcess): RunningProcess;
  stop(): Promise<void>;
}

export async function startStack({ webhooks = 'tally', tallyEnv = {} }: StackOptions = {}): Promise<Stack> {
  const owned: RunningProcess[] = [];
  const own = <P extends RunningProcess>(process: P): P => {
    owned.unshift(process);
    return process;
  };
  const mediaDir = await mkdtemp(join(runSettings().dir, 'media-'));
  const port = await freeTcpPort();
  const webhookPort = webhooks === 'tally' ? port : await freeTcpPort();
  const redis = own(await startRedis());
  const webhookUrls = [`http://127.0.0.1:${webhookPort}/livekit/webhook`];
  const liveKit = own(await startLiveKit({ redis: redis.address, webhookUrls }));
  const tally = await startTally({ port, liveKitUrl: liveKit.wsUrl, mediaDir, env: tallyEnv });
  own(tally.process);

  return {
    tally: tally.client,
    liveKitUrl: liveKit.wsUrl,
    rooms: new RoomServiceClient(liveKit.url, liveKitKey, liveKitSecret),
    own,
    async startWorker(options = {}) {
      return own(await startEgressWorker({ redis: redis.address, wsUrl: liveKit.wsUrl, filesDir: mediaDir, ...options }));
    },
    async openMeeting(roomName) {
      const roomId = await tally.client.createRoom(roomName);
      const people = await Promise.all([
        joinMeeting(liveKit.wsUrl, roomId, 'ann', 440),
        joinMeeting(liveKit.wsUrl, roomId, 'bob', 660),
      ]);
      people.forEach(own);
      return { roomId, leave: async () => void (await Promise.all(people.map((person) => person.stop()))) };
    },
    async stop() {
      for (const process of owned) await process.stop();
    },
  };
}
