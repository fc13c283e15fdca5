import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { type Lmdb, openLmdb } from '../../src/persistence/lmdb/open-lmdb.js';
import { builtFile } from './build-once.js';
import { type Exit, freePort, startChild, type RunningChild } from './child-process.js';
import { createDataFolder } from './data-folder.js';
import { type LiveKitProxy, startLiveKitProxy } from './livekit-proxy.js';
import { type SimulatorControl } from './simulator-control.js';
import { startSimulatorProcess } from './simulator-process.js';
import { API_KEY, createTallyApi, type TallyApi } from './tally-api.js';

/** Tally and the simulator as processes of their own, over one data folder and one media folder. */
export interface TallyProcess {
  api: TallyApi;
  simulator: SimulatorControl;
  /** What Tally's calls to LiveKit go through. */
  proxy: LiveKitProxy;
  dataDir: string;
  mediaDir: string;
  /** Environment of a Tally on this data folder and simulator. */
  env: Record<string, string>;
  openRoom(name?: string): Promise<string>;
  start(env?: Record<string, string>): Promise<void>;
  /** What it has logged since its last start. */
  stderr(): string;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** SIGTERM. @returns how it ended and what it had written to standard error */
  terminate(): Promise<Exit & { stderr: string; ms: number }>;
  /** Work on its stores while it does not run. */
  withStores<Result>(work: (stores: Lmdb) => Promise<Result>): Promise<Result>;
  /** End everything and remove the folders. */
  stop(): Promise<void>;
}

export async function startTallyProcess(options: { speed: number; env?: Record<string, string> }): Promise<TallyProcess> {
  const folder = await createDataFolder();
  const dataDir = path.join(folder.path, 'data');
  const mediaDir = path.join(folder.path, 'media');
  await mkdir(mediaDir);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const simulator = await startSimulatorProcess({ webhook: `${url}/livekit/webhook`, mediaDir, speed: options.speed });
  const proxy = await startLiveKitProxy(simulator.address.url);
  const env = {
    SERVER_PORT: String(port),
    TALLY_DATA_DIR: dataDir,
    TALLY_MEDIA_DIR: mediaDir,
    LIVEKIT_URL: proxy.url,
    LIVEKIT_API_KEY: simulator.address.apiKey,
    LIVEKIT_API_SECRET: simulator.address.apiSecret,
    MEET_INITIAL_API_KEY: API_KEY,
    ...options.env,
  };
  const api = createTallyApi(url);
  let child: RunningChild | undefined;

  async function start(changes: Record<string, string> = {}): Promise<void> {
    child = startChild(builtFile('main.js'), [], { ...env, ...changes });
    await child.printed(/^Tally {2}http/m);
  }

  async function end(signal: NodeJS.Signals): Promise<Exit> {
    const exit = (await child?.end(signal)) ?? { code: null, signal: null };
    if (process.env['SCENARIO_LOG'] !== undefined) process.stderr.write(child?.stderr() ?? '');
    return exit;
  }

  async function stop(): Promise<void> {
    await end('SIGKILL');
    await simulator.stop();
    await proxy.close();
    await folder.remove();
  }

  await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    api,
    simulator: simulator.control,
    proxy,
    dataDir,
    mediaDir,
    env,
    async openRoom(name) {
      const roomId = await api.createRoom(name);
      await simulator.control.join(roomId);
      return roomId;
    },
    start,
    stderr: () => child?.stderr() ?? '',
    async kill() {
      await end('SIGKILL');
    },
    async terminate() {
      const begunAt = performance.now();
      const exit = await end('SIGTERM');
      return { ...exit, stderr: child?.stderr() ?? '', ms: performance.now() - begunAt };
    },
    async withStores(work) {
      const stores = await openLmdb({ dataDir });
      try {
        return await work(stores);
      } finally {
        await stores.close();
      }
    },
    stop,
  };
}
