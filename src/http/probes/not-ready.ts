import type { IncomingMessage, ServerResponse } from 'node:http';

/** Why the instance serves no requests of clients, as `/readyz` says it. */
export type NotReady = 'starting' | 'migrating' | 'stopping';

/** What a client hears whose request comes to nothing because Tally stops. */
export const STOPPING = { error: 'Service Unavailable', message: 'Tally is stopping' };
const STORAGE_DOWN = { error: 'Storage Error', message: 'Storage is not available' };
const RETRY_AFTER_SECONDS = '2';

/** The process lives and is not ready: `/livez` and `/health` say OK, `/readyz` says why, and everything else may be repeated. */
export function answerNotReady(status: NotReady, { url = '' }: IncomingMessage, response: ServerResponse): void {
  const [path = ''] = url.toLowerCase().split('?');
  if (/^\/health(\/|$)/.test(path)) send(response, 200, 'text/html; charset=utf-8', 'OK');
  else if (/^\/livez\/?$/.test(path)) send(response, 200, 'text/plain; charset=utf-8', 'OK');
  else if (isReadyz(path)) sendJson(response, { status });
  else sendJson(response, status === 'stopping' ? STOPPING : STORAGE_DOWN);
}

/** @param url path and query of a request */
export function isReadyz(url: string): boolean {
  return /^\/readyz\/?(\?|$)/i.test(url);
}

function sendJson(response: ServerResponse, body: object): void {
  response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
  send(response, 503, 'application/json; charset=utf-8', JSON.stringify(body));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.setHeader('Content-Type', type);
  response.statusCode = status;
  response.end(body);
}
