import type { HttpMiddleware } from '../context.js';

/**
 * Once it is answered, the rest of a body that was given up half-way is thrown away: the connection's next request stands behind it.
 * Node does so by itself only where nothing of the body was read.
 */
export const discardUnreadBody: HttpMiddleware = ({ req, res }, next) => {
  res.once('finish', () => {
    if (!req.complete) req.unpipe().resume();
  });
  return next();
};
