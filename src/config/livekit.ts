import { ADAPTERS, chooseAdapter, type Given } from './adapter.js';
import { docs, integer, oneOf, text, url, type Values } from './values.js';

/** The secret of LiveKit's own examples. It is public, so anyone can guess it. */
export const DEFAULT_LIVEKIT_SECRET = 'secret';
const PROTOCOLS = ['ws', 'wss', 'http', 'https'];

export const livekitVariables = {
  TALLY_LIVEKIT: oneOf(ADAPTERS).optional().register(docs, {
    description: '`real` uses the server at `LIVEKIT_URL`, `embedded` the simulator.',
    defaultText: '`real` when any `LIVEKIT_*` variable is set, else `embedded`',
  }),
  LIVEKIT_URL: url(PROTOCOLS).default('ws://localhost:7880').register(docs, {
    description: 'URL by which participants reach LiveKit.',
  }),
  LIVEKIT_URL_PRIVATE: url(PROTOCOLS, { path: false }).optional().register(docs, {
    description: "URL by which Tally reaches LiveKit's API; without a path.",
    defaultText: 'value of `LIVEKIT_URL`',
  }),
  LIVEKIT_API_KEY: text().default('devkey').register(docs, {
    description: 'API key of LiveKit or of the simulator.',
  }),
  LIVEKIT_API_SECRET: text().optional().register(docs, {
    description: 'API secret of LiveKit or of the simulator; Tally also verifies webhooks with it.',
    defaultText: "`secret`; the simulator's is generated",
  }),
  TALLY_SIMULATOR_PORT: integer(0, 65_535).default(7880).register(docs, {
    description: 'Port of the simulator, on loopback; with 0 the simulator takes a free port and prints it.',
  }),
};

export type LiveKitConfig =
  /** The simulator. When no secret is configured, `src/app` generates one. */
  | { kind: 'embedded'; port: number; apiKey: string; apiSecret?: string }
  | { kind: 'real'; url: string; privateUrl: string; apiKey: string; apiSecret: string };

export function toLiveKit(values: Values<typeof livekitVariables>, given: Given): LiveKitConfig {
  const { LIVEKIT_URL: publicUrl, LIVEKIT_API_KEY: apiKey, LIVEKIT_API_SECRET: apiSecret } = values;
  const kind = chooseAdapter(values.TALLY_LIVEKIT, /^LIVEKIT_/, given);
  if (kind === 'embedded')
    return { kind, port: values.TALLY_SIMULATOR_PORT, apiKey, ...(apiSecret !== undefined && { apiSecret }) };
  const privateUrl = values.LIVEKIT_URL_PRIVATE ?? publicUrl;
  return { kind, url: publicUrl, privateUrl, apiKey, apiSecret: apiSecret ?? DEFAULT_LIVEKIT_SECRET };
}
