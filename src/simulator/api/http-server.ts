import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createReply, TEXT_TYPE, type Reply } from '../wire/reply.js';

/** One handler for each prefix of paths. */
export interface Handlers {
  twirp(request: IncomingMessage, path: string, body: Buffer, reply: Reply): Promise<void>;
  control(method: string, path: string, body: string, reply: Reply): void;
}

/** livekit-server refuses larger bodies. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Thousands of calls may arrive at once, each on its own connection. */
const BACKLOG = 4096;
/** Clients close idle connections earlier than this, so the server never closes one that a client is about to use. */
const KEEP_ALIVE_MS = 75_000;

/** The listening port. It can be closed and opened again. */
export interface Listener {
  readonly url: string;
  /** Refuse new connections and cut the open ones. */
  shut(): Promise<void>;
  /** Accept connections again, on the same port. */
  reopen(): Promise<void>;
}

/** Listen, and resolve once connections are accepted. */
export async function listen(host: string, port: number, handlers: Handlers): Promise<Listener> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const reply = createReply(request, response);
    readBody(request).then(
      (body) => route(request, body, reply, handlers),
      // The client went away in the middle of its request.
      () => undefined,
    );
  });
  const open = (onPort: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port: onPort, backlog: BACKLOG }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  await open(port);
  const { address, family, port: actualPort } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${actualPort}`,
    shut: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    reopen: () => open(actualPort),
  };
}

async function route(request: IncomingMessage, body: Buffer | undefined, reply: Reply, handlers: Handlers): Promise<void> {
  const path = (request.url ?? '/').replace(/^\/+/, '/').split('?')[0] ?? '/';
  const method = request.method ?? 'GET';
  if (body === undefined) reply.send(413, 'Request Entity Too Large', TEXT_TYPE);
  else if (path === '/') reply.send(200, 'OK', TEXT_TYPE);
  else if (path.startsWith('/twirp/')) await handlers.twirp(request, path, body, reply);
  else if (path.startsWith('/simulator/'))
    answerControl(request, body, () => handlers.control(method, path, body.toString(), reply), reply);
  else reply.send(404, '404 page not found\n', TEXT_TYPE);
}

/**
 * The control interface has no password, so it answers this machine only, and no web page that a browser on this machine shows: a page
 * sends its Origin or, with a name of its own for this address, its Host, and without asking first it cannot send JSON.
 */
function answerControl(request: IncomingMessage, body: Buffer, run: () => void, reply: Reply): void {
  const { host = '', origin, 'content-type': type = '' } = request.headers;
  const refuse = (status: number, error: string): void => reply.send(status, JSON.stringify({ error }));
  const isOurs =
    isLoopback(request.socket.remoteAddress) && isLocal(`http://${host}`) && (origin === undefined || isLocal(origin));
  if (!isOurs) refuse(403, 'the control interface answers on loopback only, and no other origin');
  else if (body.length > 0 && !/^application\/json\b/i.test(type)) refuse(415, 'the body must be application/json');
  else run();
}

function isLocal(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
  return host === 'localhost' || isLoopback(host);
}

export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(address);
}

/** @returns undefined when the body is too large */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}
