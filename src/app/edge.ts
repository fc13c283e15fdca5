import type { RequestListener } from 'node:http';

import type { Config } from '../config/config.js';
import { createHttp } from '../http/server/server.js';
import { createReadiness } from '../http/probes/readiness.js';
import { createLiveKitIntake } from '../machines/reconcile/intake.js';
import type { Machines } from './machines.js';
import type { Ports } from './ports.js';

/**
 * What answers HTTP: clients' commands and LiveKit's webhooks.
 *
 * @param port that is listened on
 */
export function createEdge(config: Config, ports: Ports, machines: Machines, port: number): RequestListener {
  const { store, roomStore, media, livekit, webhooks, persistence, clock, log } = ports;
  const { recordings, rooms, commands } = machines;
  const { http, timers } = config;
  const handle = createLiveKitIntake({
    recordings,
    rooms,
    store,
    media,
    clock,
    log: log.child({ part: 'livekit' }),
  });
  return createHttp({
    recordings: commands.recordings,
    recordingStore: store,
    rooms: commands.rooms,
    roomStore,
    media,
    apiKeys: persistence.apiKeys,
    livekitEvents: { verify: (body, authorization) => webhooks.verify(body, authorization), handle },
    readiness: createReadiness({ ...persistence.ping, livekit: () => livekit.listRooms(['readiness']) }, clock),
    log: log.child({ part: 'http' }),
    ...(http.baseUrl === undefined ? {} : { baseUrl: http.baseUrl }),
    corsOrigin: http.corsOrigin,
    trustProxyHops: http.trustedProxyHops,
    port,
    clock,
    minAutoDeletionLeadMs: timers.minAutoDeletionLeadMs,
  }).callback();
}
