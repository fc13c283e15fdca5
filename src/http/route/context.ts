import type Router from '@koa/router';
import type { RouterContext } from '@koa/router';
import type { Middleware } from 'koa';

import type { Principal } from '../auth/principal.js';

/** What middlewares and routes tell each other about one request. */
export interface HttpState {
  requestId: string;
  /** Scheme and host in front of every link of this answer. */
  baseUrl: string;
  /** The route's stable name, once one matched: `recordings.start`. */
  route?: string;
  /** What we were doing, for `Unexpected error while {operation}`. */
  operation?: string;
  principal?: Principal;
  /** The body's text as it arrived, where no parser may see it first. */
  rawBody?: string;
  /** For the log. */
  recordingId?: string | undefined;
  /** What went wrong, for the log. */
  error?: Error;
}

export type HttpContext = RouterContext<HttpState>;
export type HttpMiddleware = Middleware<HttpState>;
export type ApiRouter = Router<HttpState>;
