import path from 'node:path';

import { type App, createApp } from '../../src/app.js';
import { type Clock, systemClock } from '../../src/clock.js';
import { parseConfig } from '../../src/config.js';
import { createSimulator, type Simulator } from '../../src/livekit/simulator/index.js';
import { createLogger } from '../../src/logging.js';
import { createDataFolder } from './data-folder.js';
import { type LiveKitProxy, startLiveKitProxy } from './livekit-proxy.js';
import { createSimulatorControl, type SimulatorAddress, type SimulatorControl } from './simulator-control.js';
import { API_KEY, createTallyApi, type TallyApi } from './tally-api.js';

export interface AppOnSimulatorOptions {
  speed: number;
  env?: Record<string, string>;
  clock?: Clock;
  /** Whether Tally gets the simulator's webhooks. Default true. */
  webhooks?: boolean;
}

/** The whole product in this process, with a proxy between it and a simulator that outlives it. */
export interface AppOnSimulator {
  app: App;
  api: TallyApi;
  /** The simulator itself, and its control interface. */
  inside: Simulator;
  simulator: SimulatorControl;
  proxy: LiveKitProxy;
  address: SimulatorAddress;
  openRoom(name?: string): Promise<string>;
  close(): Promise<void>;
}

export async function startAppOnSimulator(options: AppOnSimulatorOptions): Promise<AppOnSimulator> {
  const { speed, env = {}, clock = systemClock, webhooks = true } = options;
  const folder = await createDataFolder();
  const mediaDir = path.join(folder.path, 'media');
  const key = { apiKey: 'devkey', apiSecret: 'a-secret-of-the-scenarios-that-is-long-enough' };
  const inside = await createSimulator({ ...key, mediaDir, webhookUrls: [], speed });
  const proxy = await startLiveKitProxy(inside.url);
  const config = parseConfig({
    SERVER_PORT: '0',
    TALLY_DATA_DIR: path.join(folder.path, 'data'),
    TALLY_MEDIA_DIR: mediaDir,
    LIVEKIT_URL: proxy.url,
    LIVEKIT_API_KEY: key.apiKey,
    LIVEKIT_API_SECRET: key.apiSecret,
    MEET_INITIAL_API_KEY: API_KEY,
    ...env,
  });
  const level = process.env['SCENARIO_LOG'] === undefined ? 'silent' : 'debug';
  const app = await createApp(config, { log: createLogger({ level, name: 'tally' }), clock });
  if (webhooks) inside.addWebhookUrl(`${app.url}/livekit/webhook`);
  const api = createTallyApi(app.url);
  const address = { url: inside.url, ...key };
  const simulator = createSimulatorControl(address);
  return {
    app,
    api,
    inside,
    simulator,
    proxy,
    address,
    async openRoom(name) {
      const roomId = await api.createRoom(name);
      await simulator.join(roomId);
      return roomId;
    },
    async close() {
      await app.close();
      await inside.close();
      await proxy.close();
      await folder.remove();
    },
  };
}
