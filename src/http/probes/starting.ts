import type { RequestListener, ServerResponse } from 'node:http';

/** The answers until the stores are open. */
export interface StartingAnswers {
  answer: RequestListener;
  /** From now on `/readyz` says `migrating`, until the edge itself answers. */
  migrating(): void;
}

const STORAGE_DOWN = { error: 'Storage Error', message: 'Storage is not available' };
const RETRY_AFTER_SECONDS = '2';

/** The process lives and is not ready: `/livez` and `/health` say OK, `/readyz` how far the start is, and everything else comes back. */
export function createStartingAnswers(): StartingAnswers {
  let status: 'starting' | 'migrating' = 'starting';

  return {
    answer({ url = '' }, response) {
      const [path = ''] = url.toLowerCase().split('?');
      if (/^\/health(\/|$)/.test(path)) send(response, 200, 'text/html; charset=utf-8', 'OK');
      else if (/^\/livez\/?$/.test(path)) send(response, 200, 'text/plain; charset=utf-8', 'OK');
      else sendJson(response, /^\/readyz\/?$/.test(path) ? { status } : STORAGE_DOWN);
    },
    migrating() {
      status = 'migrating';
    },
  };
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
