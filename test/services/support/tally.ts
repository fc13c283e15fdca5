import { fileURLToPath } from 'node:url';
import { liveKitKey, liveKitSecret, startProcess, type RunningProcess } from '../../servers/index.js';
import { createTallyClient, type TallyClient } from './tally-client.js';

const entry = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));
const apiKey = 'key-of-the-service-tests';

export interface TallyOptions {
  /** The port is chosen before LiveKit starts, because LiveKit sends its webhooks to it. */
  readonly port: number;
  readonly liveKitUrl: string;
  readonly mediaDir: string;
  readonly dataDir: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Tally {
  readonly process: RunningProcess;
  readonly url: string;
  readonly client: TallyClient;
}

/** Starts Tally as its own process. Without further `env` it uses the embedded store and a media folder. */
export async function startTally({ port, liveKitUrl, mediaDir, dataDir, env = {} }: TallyOptions): Promise<Tally> {
  const process = await startProcess({
    name: 'tally',
    file: globalThis.process.execPath,
    args: ['--enable-source-maps', entry],
    cwd: dataDir,
    env: {
      SERVER_PORT: String(port),
      TALLY_DRAIN_MS: '0',
      TALLY_DATA_DIR: dataDir,
      LIVEKIT_URL: liveKitUrl,
      LIVEKIT_API_KEY: liveKitKey,
      LIVEKIT_API_SECRET: liveKitSecret,
      TALLY_MEDIA_DIR: mediaDir,
      TALLY_EGRESS_MEDIA_DIR: mediaDir,
      MEET_INITIAL_API_KEY: apiKey,
      ...env,
    },
    ready: (lines) => lines.some((line) => /^Tally\s+http/.test(line)),
  });
  const url = `http://127.0.0.1:${port}`;
  return { process, url, client: createTallyClient(url, apiKey) };
}
