import { randomBytes } from 'node:crypto';

import type { Config } from '../config/config.js';
import { createLiveKitGateway } from '../livekit/gateway.js';
import { createWebhookVerifier, type WebhookVerifier } from '../livekit/webhook-verifier.js';
import type { Logger } from '../logging.js';
import type { LiveKitGateway } from '../machines/ports/livekit-gateway.js';
import type { MediaStore } from '../machines/ports/media.js';
import type { RecordingStore } from '../machines/recording/recording-store.js';
import type { RoomStore } from '../machines/room/room-store.js';
import { createOutageLog, tellingOutages } from '../outages.js';
import type { Persistence } from '../persistence/index.js';
import type { LiveKitServer } from './livekit-server.js';

/** What every part is made from: the adapters that were picked. The stores, the media and LiveKit tell of their outages. */
export interface Ports {
  store: RecordingStore;
  roomStore: RoomStore;
  media: MediaStore;
  livekit: LiveKitGateway;
  webhooks: WebhookVerifier;
  /** As it was opened: for the rest of it, and for whoever tells of outages by itself. */
  persistence: Persistence;
  clock: Persistence['clock'];
  /** This run of this process. */
  instance: string;
  log: Logger;
}

export function createPorts(config: Config, persistence: Persistence, server: LiveKitServer, log: Logger): Ports {
  const storeOutages = createOutageLog(log, 'The store');
  return {
    store: tellingOutages(persistence.recordings, storeOutages),
    roomStore: tellingOutages(persistence.rooms, storeOutages),
    media: tellingOutages(persistence.media, createOutageLog(log, 'The media store')),
    livekit: tellingOutages(createLiveKitGateway(server), createOutageLog(log, 'LiveKit')),
    webhooks: createWebhookVerifier(server),
    persistence,
    clock: persistence.clock,
    instance: `${config.instanceId}:${randomBytes(3).toString('hex')}`,
    log,
  };
}
