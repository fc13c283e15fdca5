import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { freeTcpPort, runSettings } from '../../servers/index.js';
import { startLiveKitStack, type LiveKitStack } from './livekit-stack.js';
import type { TallyClient } from './tally-client.js';
import { startTally } from './tally.js';

export interface StackOptions {
  /** The receiver of LiveKit's webhooks; `nowhere` is a port without a listener. */
  readonly webhooks?: 'tally' | 'nowhere';
  readonly tallyEnv?: Readonly<Record<string, string>>;
}

export interface MeetingOptions {
  /** Time for which LiveKit keeps an empty room; LiveKit's default is 20 s. */
  readonly departureTimeoutSeconds?: number;
}

export interface Meeting {
  readonly roomId: string;
  /** Makes both participants leave. */
  leave(): Promise<void>;
}

/** A LiveKit stack with one Tally process. */
export interface Stack extends LiveKitStack {
  readonly tally: TallyClient;
  /** Creates a room in Tally, with two participants that show a moving picture and play a tone. */
  openMeeting(roomName: string, options?: MeetingOptions): Promise<Meeting>;
  /** Kills Tally as in a crash. */
  crashTally(): Promise<void>;
  /** Starts Tally again, on the same data and the same port. */
  restartTally(): Promise<void>;
}

export async function startStack({ webhooks = 'tally', tallyEnv = {} }: StackOptions = {}): Promise<Stack> {
  const port = await freeTcpPort();
  const webhookPort = webhooks === 'tally' ? port : await freeTcpPort();
  const liveKit = await startLiveKitStack([`http://127.0.0.1:${webhookPort}/livekit/webhook`]);
  const dataDir = await mkdtemp(join(runSettings().dir, 'tally-'));
  const start = async () => {
    const started = await startTally({ port, liveKitUrl: liveKit.wsUrl, mediaDir: liveKit.mediaDir, dataDir, env: tallyEnv });
    liveKit.own(started.process);
    return started;
  };
  let tally = await start();
  return {
    ...liveKit,
    tally: tally.client,
    async openMeeting(roomName, { departureTimeoutSeconds } = {}) {
      const roomId = await tally.client.createRoom(roomName);
      if (departureTimeoutSeconds !== undefined) {
        await liveKit.rooms.createRoom({ name: roomId, departureTimeout: departureTimeoutSeconds });
      }
      return { roomId, leave: await liveKit.meet(roomId) };
    },
    crashTally: () => tally.process.kill(),
    async restartTally() {
      tally = await start();
    },
  };
}
