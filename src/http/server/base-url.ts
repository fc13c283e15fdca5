import type { IncomingMessage } from 'node:http';

import type { HttpMiddleware } from '../route/context.js';

export interface BaseUrlOptions {
  baseUrl?: string;
  trustProxyHops: number;
  port: number;
}

/** A host that may appear in links. Any other content of a `Host` header must not be echoed. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/**
 * Sets the first part of all links in the answer: the configured URL, else the scheme and host of the request.
 * `X-Forwarded-Host` is never used, `X-Forwarded-Proto` only behind a trusted proxy.
 */
export function setBaseUrl({ baseUrl, trustProxyHops, port }: BaseUrlOptions): HttpMiddleware {
  const configured = baseUrl ? withoutDefaultPort(baseUrl.replace(/\/$/, '')) : undefined;
  return (ctx, next) => {
    ctx.state.baseUrl = configured ?? requestedUrl(ctx.req, trustProxyHops > 0) ?? `http://localhost:${port}`;
    return next();
  };
}

function requestedUrl({ headers, socket }: IncomingMessage, isBehindProxy: boolean): string | undefined {
  const { host } = headers;
  if (host === undefined || !HOST.test(host)) return undefined;
  const forwarded = isBehindProxy
    ? String(headers['x-forwarded-proto'] ?? '')
        .split(',')[0]
        ?.trim()
        .toLowerCase()
    : undefined;
  const scheme = forwarded === 'https' || forwarded === 'http' ? forwarded : 'encrypted' in socket ? 'https' : 'http';
  return `${scheme}://${host}`;
}

function withoutDefaultPort(url: string): string {
  return url.replace(/^(https:\/\/.*):443$/, '$1').replace(/^(http:\/\/.*):80$/, '$1');
}
