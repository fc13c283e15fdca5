import Router from '@koa/router';
import Koa from 'koa';

import type { ApiKeyStore } from '../../accounts/ports.js';
import type { Logger } from '../../logging.js';
import { apiKeyCredential } from '../auth/api-key.js';
import { createAuthenticate } from '../auth/authenticate.js';
import { authErrors } from '../auth/errors.js';
import type { Capability } from '../route/capability.js';
import type { HttpMiddleware, HttpState } from '../route/context.js';
import { mount } from '../route/route.js';
import { setBaseUrl } from './base-url.js';
import { cors } from './cors.js';
import { errorHandler } from './error-handler.js';
import { createErrorTable } from './error-table.js';
import { commonErrors } from './errors.js';
import { pathNotFound, refuseMalformedPath } from './paths.js';
import { requestLog } from './request-log.js';
import { discardUnreadBody } from './unread-body.js';

export interface ServerOptions {
  capabilities: readonly Capability[];
  apiKeys: Pick<ApiKeyStore, 'list'>;
  log: Logger;
  /** First part of all links. By default each request's own scheme and host. */
  baseUrl?: string;
  /** `Access-Control-Allow-Origin`, sent verbatim. An empty text turns CORS off. */
  corsOrigin: string;
  /** Number of proxies in front of Tally whose `X-Forwarded-*` headers are trusted. */
  trustProxyHops: number;
  /** The port of the listener, for links when a request has no usable `Host` header. */
  port: number;
}

/** The whole HTTP edge. It does not listen by itself: pass its `callback()` to a listener. */
export function createServer(options: ServerOptions): Koa<HttpState> {
  const { capabilities, apiKeys, log, trustProxyHops } = options;
  const app = new Koa<HttpState>({ proxy: trustProxyHops > 0, maxIpsCount: trustProxyHops });
  const router = new Router<HttpState>();
  const authenticate = createAuthenticate({ apiKey: apiKeyCredential(apiKeys) });
  for (const { routes = [] } of capabilities) mount(router, routes, { authenticate });

  app.use(requestLog(log));
  app.use(discardUnreadBody);
  app.use(forbidSniffing);
  app.use(setBaseUrl(options));
  app.use(cors(options.corsOrigin));
  app.use(errorHandler(createErrorTable([commonErrors, authErrors, ...capabilities.map(({ errors = {} }) => errors)])));
  for (const { middleware = [] } of capabilities) for (const each of middleware) app.use(each);
  app.use(refuseMalformedPath);
  app.use(router.routes());
  app.use(pathNotFound);
  // Koa reports errors of a running answer here. The log line of the request already names them.
  app.on('error', () => undefined);
  return app;
}

/** A browser that guesses types could run a recording or an error as a script. */
const forbidSniffing: HttpMiddleware = (ctx, next) => {
  ctx.set('X-Content-Type-Options', 'nosniff');
  return next();
};
