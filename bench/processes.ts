import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { createHttpClient, type HttpClient, inParallel } from './http-client.js';

const DIST = path.join(import.meta.dirname, '..', 'src');
export const API_KEY = 'ovmeet-bench';
export const LIVEKIT_KEY = 'devkey';
export const LIVEKIT_SECRET = 'bench-secret-of-more-than-32-characters';

export interface Bench {
  client: HttpClient;
  tallyUrl: string;
  simulatorUrl: string;
  dataDir: string;
  /** Create a room of ours with somebody publishing in it. */
  openRoom(): Promise<string>;
  openRooms(count: number): Promise<string[]>;
  start(roomId: string): ReturnType<HttpClient['call']>;
  api(method: string, route: string, body?: object): ReturnType<HttpClient['call']>;
  simulate(method: string, route: string, body?: object): ReturnType<HttpClient['call']>;
  /** Which script LiveKit follows; `delayMs` in real milliseconds, whatever the simulator's speed. */
  setPace(script: { name: string; delayMs?: number }): Promise<void>;
  /** kill -9 */
  killTally(): Promise<void>;
  startTally(): Promise<void>;
  close(): Promise<void>;
}

export interface BenchOptions {
  speed?: number;
  env?: Record<string, string>;
  /** Fill the data folder before anything starts on it. */
  prepare?: (dataDir: string) => Promise<void>;
}

/** Tally and the simulator, each as its own process on free ports, in a folder that goes afterwards. */
export async function openBench({ speed = 1_000_000, env = {}, prepare }: BenchOptions = {}): Promise<Bench> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tally-bench-'));
  const dataDir = path.join(folder, 'data');
  const mediaDir = path.join(folder, 'media');
  await prepare?.(dataDir);
  const port = await freePort();
  const tallyUrl = `http://127.0.0.1:${String(port)}`;
  const client = createHttpClient();
  const simulator = await openSimulator(mediaDir, `${tallyUrl}/livekit/webhook`, speed, client);
  let tally: ChildProcess | undefined;

  const bench: Bench = {
    client,
    tallyUrl,
    simulatorUrl: simulator.url,
    dataDir,
    async openRoom() {
      const { body } = await bench.api('POST', '/rooms', { roomName: 'bench' });
      const { roomId } = JSON.parse(body) as { roomId: string };
      await bench.simulate('POST', `/rooms/${roomId}/participants`, { identity: 'ada', publish: true });
      return roomId;
    },
    async openRooms(count) {
      const rooms: string[] = [];
      await inParallel(Array.from({ length: count }), 32, async () => void rooms.push(await bench.openRoom()));
      return rooms;
    },
    start: (roomId) => bench.api('POST', '/recordings', { roomId }),
    api: (method, route, body) =>
      client.call(
        method,
        `${tallyUrl}/api/v1${route}`,
        { 'X-API-KEY': API_KEY, 'Content-Type': 'application/json' },
        body && JSON.stringify(body),
      ),
    simulate: simulator.call,
    setPace: simulator.setPace,
    async killTally() {
      await kill(tally, 'SIGKILL');
      tally = undefined;
    },
    async startTally() {
      tally = run('main.js', {
        SERVER_PORT: String(port),
        TALLY_DATA_DIR: dataDir,
        TALLY_MEDIA_DIR: mediaDir,
        MEET_INITIAL_API_KEY: API_KEY,
        MEET_LOG_LEVEL: 'warn',
        LIVEKIT_URL: simulator.url,
        LIVEKIT_API_KEY: LIVEKIT_KEY,
        LIVEKIT_API_SECRET: LIVEKIT_SECRET,
        ...env,
      });
      await lineOf(tally, /^Data/);
    },
    async close() {
      client.close();
      await kill(tally, 'SIGTERM');
      await simulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await bench.startTally();
  return bench;
}

export interface Simulator {
  url: string;
  call: Bench['simulate'];
  setPace: Bench['setPace'];
  close(): Promise<void>;
}

/** The simulator as its own process on a free port. */
export async function openSimulator(mediaDir: string, webhookUrl: string, speed: number, client: HttpClient): Promise<Simulator> {
  const child = run('livekit/simulator/main.js', {}, [
    ...['--port', '0', '--key', LIVEKIT_KEY, '--secret', LIVEKIT_SECRET, '--media-dir', mediaDir],
    ...['--webhook', webhookUrl, '--speed', String(speed)],
  ]);
  const url = await lineOf(child, /^http/);
  const call: Bench['simulate'] = (method, route, body) =>
    client.call(method, `${url}/simulator${route}`, { 'Content-Type': 'application/json' }, body && JSON.stringify(body));
  return {
    url,
    call,
    async setPace({ name, delayMs }) {
      const script = { name, ...(delayMs === undefined ? {} : { delayMs: delayMs * speed }) };
      const { status, body } = await call('PUT', '/script', script);
      if (status !== 200) throw new Error(`script: ${body}`);
    },
    close: () => kill(child, 'SIGKILL'),
  };
}

function run(script: string, env: Record<string, string>, args: string[] = []): ChildProcess {
  const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
  return spawn(process.execPath, [path.join(DIST, script), ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', process.env['BENCH_LOG'] === undefined ? 'ignore' : 'inherit'],
  });
}

async function lineOf(child: ChildProcess, pattern: RegExp): Promise<string> {
  if (child.stdout === null) throw new Error('no output to read');
  for await (const line of createInterface(child.stdout)) if (pattern.test(line)) return line;
  throw new Error(`process ended before it printed ${String(pattern)}`);
}

async function kill(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child?.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
