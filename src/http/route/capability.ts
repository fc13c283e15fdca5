import type { HttpMiddleware } from './context.js';
import type { ErrorRows } from './errors.js';
import type { Route } from './route.js';

/** One part of the HTTP edge, such as recordings or rooms. */
export interface Capability {
  /** Runs before the paths are checked. */
  middleware?: readonly HttpMiddleware[];
  routes?: readonly Route[];
  errors?: ErrorRows;
}
