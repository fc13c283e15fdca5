import { createApp } from '../../../src/app/app.js';
import { parseConfig } from '../../../src/config/config.js';
import { createLogger } from '../../../src/logging.js';
import { createSimulatorControl } from '../simulator/simulator-control.js';
import { createStores } from '../stores/stores.js';
import { API_KEY, createTallyApi, type TallyApi } from './tally-api.js';

export interface SelfContainedApp {
  api: TallyApi;
  /** Creates a room with one participant that publishes. */
  openRoom(): Promise<string>;
  close(): Promise<void>;
}

/** Starts the whole application in this process without a configured LiveKit, so that it runs its own simulator. */
export async function startSelfContained(options: { speed: number; env: Record<string, string> }): Promise<SelfContainedApp> {
  const stores = await createStores();
  const own = { SERVER_PORT: '0', TALLY_SIMULATOR_PORT: '0', TALLY_DRAIN_MS: '0', MEET_INITIAL_API_KEY: API_KEY };
  const config = parseConfig({ ...own, ...stores.env, ...options.env });
  const app = await createApp(config, { log: createLogger({ level: 'silent', name: 'tally' }) });
  const { simulator } = app;
  if (simulator === undefined) throw new Error('the simulator does not run inside');
  simulator.setSpeed(options.speed);
  const api = createTallyApi(app.url);
  return {
    api,
    async openRoom() {
      const roomId = await api.createRoom();
      await createSimulatorControl(simulator).join(roomId);
      return roomId;
    },
    async close() {
      await app.close();
      await stores.remove();
    },
  };
}
