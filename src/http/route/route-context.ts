import type { ApiRouter } from './context.js';
import type { HttpDeps } from '../deps.js';
import type { Handle } from './route.js';

/** What a route file gets to register itself with. */
export interface RouteContext {
  router: ApiRouter;
  handle: Handle;
  deps: HttpDeps;
}
