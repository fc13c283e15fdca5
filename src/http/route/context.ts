import type Router from '@koa/router';
import type { RouterContext } from '@koa/router';
import type { Middleware } from 'koa';

import type { Principal } from '../auth/principal.js';
import type { Explain } from './errors.js';

/** State of one request, shared by middlewares and steps. */
export interface HttpState {
  requestId: string;
  /** Scheme and host in front of all links in the answer. */
  baseUrl: string;
  /** Name of the route that matched: `recordings.start`. */
  route?: string;
  /** The current work of the route; completes `Unexpected error while …`. */
  operation?: string | undefined;
  principal?: Principal;
  /** For the log. */
  recordingId?: string | undefined;
  /** The error of the request, for the log. */
  error?: Error;
  /** Turns an error into its status and the contract's words. */
  explain: Explain;
}

export type HttpContext = RouterContext<HttpState>;
export type HttpMiddleware = Middleware<HttpState>;
export type HttpRouter = Router<HttpState>;
