import { finished } from 'node:stream/promises';

import type { HttpMiddleware } from '../route/context.js';

/** How long an answer waits for the rest of its request, milliseconds. */
const LINGER_MS = 1_000;

/**
 * What is left of a body that was given up is read and thrown away, for the connection's next request stands behind it: Node does so
 * by itself only where nothing of the body was read. And who is still sending when the connection ends may never see his answer.
 */
export const discardUnreadBody: HttpMiddleware = async ({ req }, next) => {
  await next();
  if (req.complete) return;
  const rest = finished(req.unpipe().resume(), { writable: false, signal: AbortSignal.timeout(LINGER_MS) });
  await rest.catch(() => undefined); // who is gone or slow is not waited for
};
