import path from 'node:path';

import { type App, createApp } from '../../../src/app/app.js';
import type { Clock } from '../../../src/clock.js';
import { parseConfig } from '../../../src/config/config.js';
import { createSimulator, type Simulator } from '../../../src/simulator/index.js';
import { createLogger } from '../../../src/logging.js';
import { createDataFolder } from '../stores/data-folder.js';
import { createSimulatorControl, type SimulatorControl } from '../simulator/simulator-control.js';
import { API_KEY, createTallyApi, type TallyApi } from './tally-api.js';

export interface Instance {
  app: App;
  api: TallyApi;
}

/** Instances of the application in this process, on shared stores and one simulator. */
export interface InstancesOnSimulator {
  inside: Simulator;
  simulator: SimulatorControl;
  /** Starts another instance. @param clock the clock of its machine */
  start(clock: Clock): Promise<Instance>;
  close(): Promise<void>;
}

/** @param env environment variables that select the shared stores */
export async function startInstancesOnSimulator(speed: number, env: Record<string, string>): Promise<InstancesOnSimulator> {
  const folder = await createDataFolder();
  const mediaDir = path.join(folder.path, 'media');
  const key = { apiKey: 'devkey', apiSecret: 'a-secret-of-the-scenarios-that-is-long-enough' };
  const inside = await createSimulator({ ...key, mediaDir, webhookUrls: [], speed });
  const apps: App[] = [];
  return {
    inside,
    simulator: createSimulatorControl({ url: inside.url, ...key }),
    async start(clock) {
      const config = parseConfig({
        SERVER_PORT: '0',
        TALLY_DRAIN_MS: '0',
        TALLY_DATA_DIR: path.join(folder.path, `data-${apps.length}`),
        TALLY_MEDIA_DIR: mediaDir,
        LIVEKIT_URL: inside.url,
        LIVEKIT_API_KEY: key.apiKey,
        LIVEKIT_API_SECRET: key.apiSecret,
        MEET_INITIAL_API_KEY: API_KEY,
        ...env,
      });
      const level = process.env['SCENARIO_LOG'] === undefined ? 'silent' : 'debug';
      const app = await createApp(config, { log: createLogger({ level, name: `tally-${apps.length}` }), clock });
      apps.push(app);
      return { app, api: createTallyApi(app.url) };
    },
    async close() {
      await Promise.all(apps.map((app) => app.close()));
      await inside.close();
      await folder.remove();
    },
  };
}
