import type { HttpMiddleware } from './context.js';
import type { ErrorRows } from './errors.js';
import type { Route } from './route.js';

/** One part of what is served. */
export interface Capability {
  /** What answers before any path is judged. */
  middleware?: readonly HttpMiddleware[];
  routes?: readonly Route[];
  errors?: ErrorRows;
}
