import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';

import type { HttpMiddleware } from '../route/context.js';

/** How long an answer waits for the rest of its request, milliseconds. */
const LINGER_MS = 1_000;

/** Discard the rest of a body that no step read to its end, before the answer is sent. */
export const discardUnreadBody: HttpMiddleware = async ({ req }, next) => {
  await next();
  await discardRest(req);
};

/**
 * Read the rest of a request's body, for at most 1 s, and discard it. The connection's next request comes after this rest, and Node
 * discards it only if nothing of the body was read. A client that is still sending when the connection closes may miss its answer.
 */
export async function discardRest(request: IncomingMessage): Promise<void> {
  if (request.complete) return;
  const rest = finished(request.unpipe().resume(), { writable: false, signal: AbortSignal.timeout(LINGER_MS) });
  await rest.catch(() => undefined); // a client that is gone or slow is left alone
}
