import type { IncomingMessage, ServerResponse } from 'node:http';

import { discardRest } from '../server/unread-body.js';
import { probeOf } from './probe-of.js';

/** Why the instance serves no requests of clients, as `/readyz` says it. */
export type NotReady = 'starting' | 'migrating' | 'stopping';

/** The answer to requests that Tally refuses because it stops. */
export const STOPPING = { error: 'Service Unavailable', message: 'Tally is stopping' };
const STORAGE_DOWN = { error: 'Storage Error', message: 'Storage is not available' };
const RETRY_AFTER_SECONDS = '2';

/** The process lives and is not ready: `/livez` and `/health` say OK, `/readyz` says why, and everything else may be repeated. */
export function answerNotReady(status: NotReady, request: IncomingMessage, response: ServerResponse): void {
  switch (probeOf(request.url ?? '')) {
    case 'health':
      return send(response, 200, 'text/html; charset=utf-8', 'OK');
    case 'livez':
      return send(response, 200, 'text/plain; charset=utf-8', 'OK');
    case 'readyz':
      return sendJson(response, { status });
    case undefined:
      return sendJson(response, status === 'stopping' ? STOPPING : STORAGE_DOWN);
  }
}

function sendJson(response: ServerResponse, body: object): void {
  response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
  send(response, 503, 'application/json; charset=utf-8', JSON.stringify(body));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.setHeader('Content-Type', type);
  response.statusCode = status;
  void discardRest(response.req).then(() => response.end(body));
}
