import { type App, createApp } from '../../src/app.js';
import { type Clock, systemClock } from '../../src/clock.js';
import { parseConfig } from '../../src/config.js';
import { createLogger } from '../../src/logging.js';
import { createDataFolder } from './data-folder.js';
import { createSimulatorControl, type SimulatorControl } from './simulator-control.js';
import { API_KEY, createTallyApi, type TallyApi } from './tally-api.js';

export interface EmbeddedOptions {
  /** Divides the simulator's delays. */
  speed: number;
  env?: Record<string, string>;
  clock?: Clock;
}

/** The whole product in this process, on its embedded stores and its own simulator, in a folder of its own. */
export interface EmbeddedApp {
  app: App;
  api: TallyApi;
  simulator: SimulatorControl;
  dataDir: string;
  /** A room with somebody in it who publishes. */
  openRoom(name?: string): Promise<string>;
  close(): Promise<void>;
}

export async function startEmbedded({ speed, env = {}, clock = systemClock }: EmbeddedOptions): Promise<EmbeddedApp> {
  const folder = await createDataFolder();
  const config = parseConfig({
    SERVER_PORT: '0',
    TALLY_SIMULATOR_PORT: '0',
    TALLY_DATA_DIR: folder.path,
    MEET_INITIAL_API_KEY: API_KEY,
    ...env,
  });
  const level = process.env['SCENARIO_LOG'] === undefined ? 'silent' : 'debug';
  const app = await createApp(config, { log: createLogger({ level, name: 'tally' }), clock });
  const { simulator: inside } = app;
  if (inside === undefined) throw new Error('the simulator does not run inside');
  inside.setSpeed(speed);
  const api = createTallyApi(app.url);
  const simulator = createSimulatorControl(inside);
  return {
    app,
    api,
    simulator,
    dataDir: folder.path,
    async openRoom(name) {
      const roomId = await api.createRoom(name);
      await simulator.join(roomId);
      return roomId;
    },
    async close() {
      await app.close();
      await folder.remove();
    },
  };
}
