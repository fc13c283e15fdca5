import { randomBytes } from 'node:crypto';

import type { Config } from '../config/config.js';
import { InvalidInputError } from '../errors.js';
import { bucketOf, createSimulator, type Simulator } from '../simulator/index.js';

interface Credentials {
  apiKey: string;
  apiSecret: string;
}

/** The LiveKit server that Tally uses: a real one or the simulator. */
export interface LiveKitServer extends Credentials {
  /** URL of the LiveKit server. */
  host: string;
  /** The simulator; absent when a real LiveKit server is configured. */
  simulator?: Simulator & Credentials;
}

/**
 * Returns the configured LiveKit server or, if none is configured, starts a simulator that sends its webhooks to `webhookUrl`.
 *
 * @throws InvalidInputError the simulator's port is taken, or its media folder cannot be used
 */
export async function openLiveKitServer({ livekit, media }: Config, webhookUrl: string): Promise<LiveKitServer> {
  if (livekit.kind === 'real') return { host: livekit.privateUrl, apiKey: livekit.apiKey, apiSecret: livekit.apiSecret };
  const credentials = { apiKey: livekit.apiKey, apiSecret: livekit.apiSecret ?? randomBytes(24).toString('base64url') };
  const simulator = await createSimulator({
    port: livekit.port,
    ...credentials,
    ...(media.kind === 'embedded' ? { mediaDir: media.egressDir } : { bucket: bucketOf(media) }),
    webhookUrls: [webhookUrl],
  }).catch((cause: unknown) => {
    throw new InvalidInputError('The simulator cannot start', { cause });
  });
  return { host: simulator.url, ...credentials, simulator: Object.assign(simulator, credentials) };
}
