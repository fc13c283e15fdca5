import type { RequestListener } from 'node:http';

import type { Config } from '../config/config.js';
import { apiKeyCredential } from '../http/auth/api-key.js';
import { livekitCapability } from '../http/livekit/routes.js';
import { probesCapability } from '../http/probes/probes.js';
import { recordingsCapability } from '../http/recordings/routes.js';
import { roomsCapability } from '../http/rooms/routes.js';
import { createServer } from '../http/server/server.js';
import { createReadiness } from '../http/probes/readiness.js';
import { createLiveKitIntake } from '../machines/reconcile/intake.js';
import type { Machines } from './machines.js';
import type { Ports } from './ports.js';

/**
 * Creates the handler of all HTTP requests: commands of clients and webhooks of LiveKit.
 *
 * @param port the TCP port of the HTTP server
 */
export function createEdge(config: Config, ports: Ports, machines: Machines, port: number): RequestListener {
  const { recordings: store, rooms: roomStore, apiKeys, media, files, livekit, webhooks, ping, clock, log } = ports;
  const { recordings, rooms, commands } = machines;
  const { http, timers } = config;
  const handle = createLiveKitIntake({ recordings, rooms, store, clock, log: log.child({ part: 'livekit' }) });
  const httpLog = log.child({ part: 'http' });
  const serve = createServer({
    capabilities: [
      probesCapability({
        readiness: createReadiness({ ...ping, livekit: () => livekit.listRooms(['readiness']) }, clock, {
          media: () => files.counts(),
        }),
        credential: apiKeyCredential(apiKeys),
      }),
      livekitCapability({
        livekitEvents: { verify: (authorization) => webhooks.verify(authorization), handle },
        log: httpLog,
      }),
      roomsCapability({
        rooms: commands.rooms,
        roomStore,
        clock,
        minAutoDeletionLeadMs: timers.minAutoDeletionLeadMs,
        log: httpLog,
      }),
      recordingsCapability({ recordings: commands.recordings, recordingStore: store, media, files, log: httpLog }),
    ],
    apiKeys,
    log: httpLog,
    ...(http.baseUrl === undefined ? {} : { baseUrl: http.baseUrl }),
    corsOrigin: http.corsOrigin,
    trustProxyHops: http.trustedProxyHops,
    port,
  }).callback();
  return (request, response) => void serve(request, response);
}
