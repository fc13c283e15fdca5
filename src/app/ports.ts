import { randomBytes } from 'node:crypto';

import type { Config } from '../config/config.js';
import { createLiveKitGateway } from '../livekit/gateway.js';
import { createWebhookVerifier, type WebhookVerifier } from '../livekit/webhook-verifier.js';
import type { Logger } from '../logging.js';
import type { LiveKitGateway } from '../machines/ports/livekit-gateway.js';
import { createFileReports } from '../observability/file-reports.js';
import { createOutageLog, tellingOutages } from '../outages.js';
import type { Persistence } from '../persistence/index.js';
import type { LiveKitServer } from './livekit-server.js';

/** All adapters that the parts of the program use. Each adapter logs the outages of its server. */
export interface Ports extends Omit<Persistence, 'close'> {
  livekit: LiveKitGateway;
  webhooks: WebhookVerifier;
  files: ReturnType<typeof createFileReports>;
  /** Id of this process run: the configured instance id and a random suffix. */
  instance: string;
  log: Logger;
}

export function createPorts(
  config: Pick<Config, 'instanceId'>,
  { close: _owner, ...persistence }: Persistence,
  server: Omit<LiveKitServer, 'simulator'>,
  log: Logger,
): Ports {
  return {
    ...persistence,
    livekit: tellingOutages(createLiveKitGateway(server), createOutageLog(log, 'LiveKit')),
    files: createFileReports(log.child({ part: 'media' }), persistence.clock),
    webhooks: createWebhookVerifier(server),
    instance: `${config.instanceId}:${randomBytes(3).toString('hex')}`,
    log,
  };
}
