import { type App, createApp } from '../../../src/app/app.js';
import { type Clock, systemClock } from '../../../src/clock.js';
import { parseConfig } from '../../../src/config/config.js';
import { bucketOf, createSimulator, type Simulator } from '../../../src/simulator/index.js';
import { createLogger } from '../../../src/logging.js';
import { type LiveKitProxy, startLiveKitProxy } from '../simulator/livekit-proxy.js';
import { createSimulatorControl, type SimulatorAddress, type SimulatorControl } from '../simulator/simulator-control.js';
import { createStores, type TestStores } from '../stores/stores.js';
import { API_KEY, createTallyApi, type TallyApi } from './tally-api.js';

export interface AppOnSimulatorOptions {
  /** Divides the simulator's delays. */
  speed: number;
  env?: Record<string, string>;
  clock?: Clock;
  /** Whether the simulator sends its webhooks to Tally. Default true. */
  webhooks?: boolean;
  /** Whether the egress writes to `stores` although `env` names other stores for Tally; the test then copies the files. */
  egressElsewhere?: boolean;
}

/** The whole application in this process, on its own stores, with a proxy between it and a simulator. */
export interface AppOnSimulator {
  app: App;
  api: TallyApi;
  stores: TestStores;
  /** The simulator, for direct access; `simulator` is its control interface. */
  inside: Simulator;
  simulator: SimulatorControl;
  proxy: LiveKitProxy;
  address: SimulatorAddress;
  /** Creates a room with one participant that publishes. */
  openRoom(name?: string): Promise<string>;
  close(): Promise<void>;
}

export async function startAppOnSimulator(options: AppOnSimulatorOptions): Promise<AppOnSimulator> {
  const { speed, env = {}, clock = systemClock, webhooks = true, egressElsewhere = false } = options;
  const stores = await createStores();
  const key = { apiKey: 'devkey', apiSecret: 'a-secret-of-the-scenarios-that-is-long-enough' };
  const { media } = parseConfig(egressElsewhere ? stores.env : { ...stores.env, ...env });
  const storage = media.kind === 'embedded' ? { mediaDir: media.egressDir } : { bucket: bucketOf(media) };
  const inside = await createSimulator({ ...key, ...storage, webhookUrls: [], speed });
  const proxy = await startLiveKitProxy(inside.url);
  const config = parseConfig({
    SERVER_PORT: '0',
    TALLY_DRAIN_MS: '0',
    LIVEKIT_URL: proxy.url,
    LIVEKIT_API_KEY: key.apiKey,
    LIVEKIT_API_SECRET: key.apiSecret,
    MEET_INITIAL_API_KEY: API_KEY,
    ...stores.env,
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
    stores,
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
      await stores.remove();
    },
  };
}
