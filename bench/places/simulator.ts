import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createHttpClient, type HttpClient, inParallel } from '../lab/http-client.js';
import type { LiveKit, LiveKitOptions } from './livekit.js';
import { kill, lineOf, run } from '../lab/processes.js';

const API_KEY = 'devkey';
const API_SECRET = 'bench-secret-of-more-than-32-characters';
const SPEED = 1_000_000;

export interface Simulator extends LiveKit {
  /** Call its control interface. */
  simulate(method: string, route: string, body?: object): ReturnType<HttpClient['call']>;
}

/** Start the simulator as a process on a free port, with a media folder that is removed at the end. */
export async function openSimulator({ webhookUrl, activeAfterMs = 0 }: LiveKitOptions): Promise<Simulator> {
  const mediaDir = await mkdtemp(path.join(tmpdir(), 'tally-bench-media-'));
  const client = createHttpClient();
  const child = run('simulator/main.js', {}, [
    ...['--port', '0', '--key', API_KEY, '--secret', API_SECRET, '--media-dir', mediaDir],
    ...['--webhook', webhookUrl, '--speed', String(SPEED)],
  ]);
  const url = await lineOf(child, /^http/);

  const simulator: Simulator = {
    url,
    apiKey: API_KEY,
    apiSecret: API_SECRET,
    env: { LIVEKIT_URL: url, LIVEKIT_API_KEY: API_KEY, LIVEKIT_API_SECRET: API_SECRET, TALLY_MEDIA_DIR: mediaDir },
    simulate: (method, route, body) =>
      client.call(method, `${url}/simulator${route}`, { 'Content-Type': 'application/json' }, body && JSON.stringify(body)),
    async join(roomIds) {
      await inParallel(roomIds, 32, async (roomId) => {
        await simulator.simulate('POST', `/rooms/${roomId}/participants`, { identity: 'ada', publish: true });
      });
    },
    async egressCount(roomId) {
      const { body } = await simulator.simulate('GET', '/egresses');
      return (JSON.parse(body) as { roomName: string }[]).filter(({ roomName }) => roomName === roomId).length;
    },
    async close() {
      client.close();
      await kill(child, 'SIGKILL');
      await rm(mediaDir, { recursive: true, force: true });
    },
  };
  const pace = activeAfterMs === 0 ? { name: 'happy' } : { name: 'slow-start', delayMs: activeAfterMs * SPEED };
  const { status, body } = await simulator.simulate('PUT', '/script', pace);
  if (status !== 200) throw new Error(`script: ${body}`);
  return simulator;
}
