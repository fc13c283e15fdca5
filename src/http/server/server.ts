import type { RequestListener } from 'node:http';

import Router from '@koa/router';
import Koa from 'koa';

import { apiKeyCredential } from '../auth/api-key.js';
import { createAuthenticate } from '../auth/authenticate.js';
import type { HttpState } from '../route/context.js';
import type { HttpDeps } from '../deps.js';
import { errorHandler } from './error-handler.js';
import { createHandle } from '../route/route.js';
import { setBaseUrl } from './base-url.js';
import { parseBody } from '../route/body.js';
import { cors } from './cors.js';
import { pathNotFound, refuseMalformedPath } from './paths.js';
import { requestLog } from './request-log.js';
import { discardUnreadBody } from './unread-body.js';
import { createRoom } from '../rooms/create-room.js';
import { deleteRecording } from '../recordings/delete-recording.js';
import { deleteRecordings } from '../recordings/delete-recordings.js';
import { deleteRoom } from '../rooms/delete-room.js';
import { deleteRooms } from '../rooms/delete-rooms.js';
import { getRecording } from '../recordings/get-recording.js';
import { getRoom } from '../rooms/get-room.js';
import { health, probes } from '../probes/probes.js';
import { listRecordings } from '../recordings/list-recordings.js';
import { listRooms } from '../rooms/list-rooms.js';
import { livekitWebhook, type WebhookCounts } from '../livekit/livekit-webhook.js';
import { recordingMedia } from '../recordings/recording-media.js';
import type { RouteContext } from '../route/route-context.js';
import { startRecording } from '../recordings/start-recording.js';
import { stopRecording } from '../recordings/stop-recording.js';

const ROUTES: readonly ((context: RouteContext) => void)[] = [
  createRoom,
  listRooms,
  getRoom,
  deleteRoom,
  deleteRooms,
  startRecording,
  stopRecording,
  listRecordings,
  getRecording,
  recordingMedia,
  deleteRecording,
  deleteRecordings,
];

export interface Http {
  callback(): RequestListener;
  webhookCounts(): Readonly<WebhookCounts>;
}

/** The whole HTTP edge. It listens nowhere by itself: give `callback()` to a server. */
export function createHttp(deps: HttpDeps): Http {
  const app = new Koa<HttpState>({ proxy: deps.trustProxyHops > 0, maxIpsCount: deps.trustProxyHops });
  const counts: WebhookCounts = { handled: 0, ignored: 0, rejected: 0, failed: 0 };
  const webhooks = new Router<HttpState>();
  livekitWebhook(webhooks, { livekitEvents: deps.livekitEvents, log: deps.log, counts });

  app.use(requestLog(deps.log));
  app.use(discardUnreadBody);
  app.use(setBaseUrl(deps));
  app.use(cors(deps.corsOrigin));
  app.use(errorHandler);
  app.use(health);
  app.use(probes(deps));
  app.use(refuseMalformedPath);
  app.use(webhooks.routes());
  app.use(parseBody);
  app.use(apiRouter(deps).routes());
  app.use(pathNotFound);
  /** What fails once an answer is under way is in the request's own line. */
  app.on('error', () => undefined);
  return { callback: () => app.callback(), webhookCounts: () => counts };
}

function apiRouter(deps: HttpDeps): Router<HttpState> {
  const router = new Router<HttpState>({ prefix: '/api/v1' });
  const handle = createHandle(createAuthenticate({ apiKey: apiKeyCredential(deps.apiKeys) }));
  for (const register of ROUTES) register({ router, handle, deps });
  return router;
}
