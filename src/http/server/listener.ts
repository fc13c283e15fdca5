import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { InvalidInputError } from '../../errors.js';

const KEEP_ALIVE_MS = 75_000;
/** Connections that wait while the event loop is busy. Those beyond Node's 511 are reset after some seconds. */
const BACKLOG = 4_096;
/** Five hundred recordings named in one URL are 25 kB, more than Node takes by itself. Beyond it: 431. */
const MAX_HEADER_BYTES = 64 * 1024;
/** Requests of one connection that may wait for their turn. With one more, the connection is cut. */
const MOST_WAITING = 16;

export interface Listener {
  /** With the address and port that are really used. */
  url: string;
  port: number;
  /** Have further requests answered by this one. */
  serve(listener: RequestListener): void;
  /** Take no new connection, let requests finish for this many milliseconds, then cut what is left. */
  close(graceMs: number): Promise<void>;
}

/**
 * Take the port.
 *
 * @param port 0 takes a free one
 * @param first answers until `serve` is called
 * @throws InvalidInputError the address cannot be had, with one clear line
 */
export async function listen(host: string, port: number, first: RequestListener): Promise<Listener> {
  let handler = first;
  const open = new Set<ServerResponse>();
  let closing = false;
  const handle = inTurn((request, response) => {
    open.add(response);
    response.once('close', () => open.delete(response));
    if (closing) sayGoodbye(response);
    handler(request, response);
  });
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new InvalidInputError(`Cannot listen on ${host}:${String(port)}`, { cause: error }));
    });
    server.listen({ port, host, backlog: BACKLOG }, resolve);
  });
  // Longer than the usual 60 s of proxies and clients, so that we never close a connection they are about to use.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const address = server.address() as AddressInfo;
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;

  return {
    url: `http://${shownHost}:${String(address.port)}`,
    port: address.port,
    serve(listener) {
      handler = listener;
    },
    async close(graceMs) {
      closing = true;
      for (const response of open) sayGoodbye(response);
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeIdleConnections();
      const cut = setTimeout(() => {
        server.closeAllConnections();
      }, graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

/**
 * Handle a pipelined request once the connection's earlier ones are answered. Node passes it on at once, and reports to no answer
 * that waits for its turn that the client is gone.
 */
function inTurn(handle: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, number>();
  return (request, response) => {
    if (response.socket !== null) {
      handle(request, response);
      return;
    }
    const { socket } = request;
    const count = (waiting.get(socket) ?? 0) + 1;
    waiting.set(socket, count);
    if (count > MOST_WAITING) socket.destroy();
    response.once('socket', () => {
      waiting.set(socket, (waiting.get(socket) ?? 0) - 1);
      if (!socket.destroyed) handle(request, response);
    });
  };
}

/** Make this answer the connection's last: otherwise a client that keeps its connection alive would delay the close. */
function sayGoodbye(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
