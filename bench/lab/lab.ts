import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createHttpClient, type HttpClient, inParallel } from './http-client.js';
import type { LiveKit, LiveKitOptions } from '../places/livekit.js';
import type { Place } from '../places/place.js';
import { freePort, kill, lineOf, run } from './processes.js';

export const API_KEY = 'ovmeet-bench';

/** Tally and a LiveKit, each a process of its own. */
export interface Lab<Server extends LiveKit = LiveKit> {
  client: HttpClient;
  tallyUrl: string;
  livekit: Server;
  /** The environment of Tally. */
  env: Record<string, string>;
  /** Create rooms with one participant in each. */
  openRooms(count: number): Promise<string[]>;
  start(roomId: string): ReturnType<HttpClient['call']>;
  /** Start a recording and return its id. @throws Error the answer is not 201 */
  record(roomId: string): Promise<{ recordingId: string; ms: number }>;
  api(method: string, route: string, body?: object): ReturnType<HttpClient['call']>;
  /** Kill Tally with SIGKILL, as a crash would. */
  killTally(): Promise<void>;
  startTally(): Promise<void>;
  close(): Promise<void>;
}

export interface LabOptions<Server extends LiveKit> extends Pick<LiveKitOptions, 'activeAfterMs'> {
  openLiveKit: (options: LiveKitOptions) => Promise<Server>;
  env?: Record<string, string>;
  /** Fill the stores before anything starts on them. */
  prepare?: (env: Record<string, string>) => Promise<void>;
}

/** Start a LiveKit and Tally on free ports, with a folder that is removed at the end. */
export async function openLab<Server extends LiveKit>(place: Place, options: LabOptions<Server>): Promise<Lab<Server>> {
  const { openLiveKit, prepare, ...pace } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'tally-bench-'));
  const port = await freePort();
  const tallyUrl = `http://127.0.0.1:${String(port)}`;
  const livekit = await openLiveKit({ webhookUrl: `${tallyUrl}/livekit/webhook`, ...pace });
  const client = createHttpClient();
  const env = {
    SERVER_PORT: String(port),
    TALLY_DRAIN_MS: '0',
    TALLY_DATA_DIR: path.join(folder, 'data'),
    MEET_INITIAL_API_KEY: API_KEY,
    MEET_LOG_LEVEL: 'warn',
    ...livekit.env,
    ...(await place.emptyStores()),
    ...options.env,
  };
  await prepare?.(env);
  let tally: ChildProcess | undefined;

  const lab: Lab<Server> = {
    client,
    tallyUrl,
    livekit,
    env,
    async openRooms(count) {
      const rooms: string[] = [];
      await inParallel(Array.from({ length: count }), 32, async () => {
        const { body } = await lab.api('POST', '/rooms', { roomName: 'bench' });
        rooms.push((JSON.parse(body) as { roomId: string }).roomId);
      });
      await livekit.join(rooms);
      return rooms;
    },
    start: (roomId) => lab.api('POST', '/recordings', { roomId }),
    async record(roomId) {
      const { status, body, ms } = await lab.start(roomId);
      if (status !== 201) throw new Error(`start answered ${String(status)}: ${body}`);
      return { ...(JSON.parse(body) as { recordingId: string }), ms };
    },
    api: (method, route, body) =>
      client.call(
        method,
        `${tallyUrl}/api/v1${route}`,
        { 'X-API-KEY': API_KEY, 'Content-Type': 'application/json' },
        body && JSON.stringify(body),
      ),
    async killTally() {
      await kill(tally, 'SIGKILL');
      tally = undefined;
    },
    async startTally() {
      tally = run('main.js', env);
      await lineOf(tally, /^Data/);
    },
    async close() {
      client.close();
      await kill(tally, 'SIGTERM');
      await livekit.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await lab.startTally();
  return lab;
}
