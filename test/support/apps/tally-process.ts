import { systemClock } from '../../../src/clock.js';
import { parseConfig } from '../../../src/config/config.js';
import { createLogger } from '../../../src/logging.js';
import { openPersistence, type Persistence } from '../../../src/persistence/index.js';
import { builtFile } from './build-once.js';
import { type Exit, freePort, startChild, type RunningChild } from './child-process.js';
import { type LiveKitProxy, startLiveKitProxy } from '../simulator/livekit-proxy.js';
import { type SimulatorControl } from '../simulator/simulator-control.js';
import { startSimulatorProcess } from '../simulator/simulator-process.js';
import { createStores, type TestStores } from '../stores/stores.js';
import { API_KEY, createTallyApi, type TallyApi } from './tally-api.js';

/** Tally and the simulator as two processes, on stores that survive both. */
export interface TallyProcess {
  api: TallyApi;
  simulator: SimulatorControl;
  /** The proxy between Tally and the simulator. */
  proxy: LiveKitProxy;
  stores: TestStores;
  /** The environment variables of Tally, for these stores and this simulator. */
  env: Record<string, string>;
  openRoom(name?: string): Promise<string>;
  start(env?: Record<string, string>): Promise<void>;
  /** The log of Tally since its last start. */
  stderr(): string;
  /** Kills Tally with SIGKILL. */
  kill(): Promise<void>;
  /** Ends Tally with SIGTERM. @returns its exit, its log, and the time it took */
  terminate(): Promise<Exit & { stderr: string; ms: number }>;
  /** Opens Tally's stores for `work` while Tally does not run. */
  withStores<Result>(work: (persistence: Persistence) => Promise<Result>): Promise<Result>;
  /** Ends all processes and removes the stores. */
  stop(): Promise<void>;
}

export async function startTallyProcess(options: { speed: number; env?: Record<string, string> }): Promise<TallyProcess> {
  const stores = await createStores();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const simulator = await startSimulatorProcess({ webhook: `${url}/livekit/webhook`, speed: options.speed, env: stores.env });
  const proxy = await startLiveKitProxy(simulator.address.url);
  const env = {
    SERVER_PORT: String(port),
    TALLY_DRAIN_MS: '0',
    LIVEKIT_URL: proxy.url,
    LIVEKIT_API_KEY: simulator.address.apiKey,
    LIVEKIT_API_SECRET: simulator.address.apiSecret,
    MEET_INITIAL_API_KEY: API_KEY,
    ...stores.env,
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
    await stores.remove();
  }

  await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    api,
    simulator: simulator.control,
    proxy,
    stores,
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
      const persistence = await openPersistence(parseConfig(env), {
        clock: systemClock,
        log: createLogger({ level: 'silent', name: 'test' }),
        signal: new AbortController().signal,
        onMigrating: () => undefined,
      });
      try {
        return await work(persistence);
      } finally {
        await persistence.close();
      }
    },
    stop,
  };
}
