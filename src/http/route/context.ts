import type Router from '@koa/router';
import type { RouterContext } from '@koa/router';
import type { Middleware } from 'koa';

import type { Principal } from '../auth/principal.js';
import type { Explain } from './errors.js';

/** What middlewares and steps tell each other about one request. */
export interface HttpState {
  requestId: string;
  /** Scheme and host in front of every link of this answer. */
  baseUrl: string;
  /** Name of the route that matched: `recordings.start`. */
  route?: string;
  /** What the route is doing; completes `Unexpected error while …`. */
  operation?: string;
  principal?: Principal;
  /** For the log. */
  recordingId?: string | undefined;
  /** What went wrong, for the log. */
  error?: Error;
  /** How the server words an error. */
  explain: Explain;
}

export type HttpContext = RouterContext<HttpState>;
export type HttpMiddleware = Middleware<HttpState>;
export type HttpRouter = Router<HttpState>;
