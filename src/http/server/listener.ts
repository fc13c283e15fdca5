import { createServer, type RequestListener, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { InvalidInputError } from '../../errors.js';

const KEEP_ALIVE_MS = 75_000;
/** Connections that wait while the event loop is busy. Those beyond Node's 511 are reset after some seconds. */
const BACKLOG = 4_096;
/** Five hundred recordings named in one URL are 25 kB, more than Node takes by itself. Beyond it: 431. */
const MAX_HEADER_BYTES = 64 * 1024;
/** How long a client may take to send a request, in milliseconds; `checkMs` is how often Node looks. */
const DEFAULT_LIMITS = { headersMs: 20_000, requestMs: 30_000, checkMs: 5_000 };
/** Statuses of requests that Node's parser gives up, by the error's code. Every other such request is malformed. */
const PARSER_STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};
/**
 * Requests of known connections that are handled in one turn of the event loop. Fewer cost throughput, because requests that are handled
 * together share one look at the API keys; more make a turn long, and Node accepts one new connection a turn.
 */
const MOST_A_TURN = 24;
/** Requests of one connection that may wait for their turn. With one more, the connection is cut. */
const MOST_WAITING = 16;

export interface Listener {
  /** With the address and port that are really used. */
  url: string;
  port: number;
  /** Have further requests answered by this one. */
  serve(listener: RequestListener): void;
  /** From now on every answer is the last one on its connection, those to open requests too. */
  leave(): void;
  /** Take no new connection, let requests finish for this many milliseconds, then cut what is left. */
  close(graceMs: number): Promise<void>;
}

/**
 * Take the port.
 *
 * @param port 0 takes a free one
 * @param first answers until `serve` is called
 * @param limits a client that takes longer gets 408, and its connection is closed
 * @throws InvalidInputError the address cannot be had, with one clear line
 */
export async function listen(
  host: string,
  port: number,
  first: RequestListener,
  { headersMs, requestMs, checkMs } = DEFAULT_LIMITS,
): Promise<Listener> {
  let handler = first;
  const open = new Set<ServerResponse>();
  let closing = false;
  const handle = inTurn(
    fewATurn((request, response) => {
      open.add(response);
      response.once('close', () => open.delete(response));
      if (closing) sayGoodbye(response);
      handler(request, response);
    }),
  );
  const times = { headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: checkMs };
  const newest = new WeakMap<Duplex, ServerResponse>();
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, ...times }, (request, response) => {
    newest.set(request.socket, response);
    handle(request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code !== 'ECONNRESET' && socket.writable && awaitsAnswer(newest.get(socket))) refuse(error, socket);
    else socket.destroy();
  });
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

  function leave(): void {
    closing = true;
    for (const response of open) sayGoodbye(response);
  }

  return {
    url: `http://${shownHost}:${String(address.port)}`,
    port: address.port,
    serve(listener) {
      handler = listener;
    },
    leave,
    async close(graceMs) {
      leave();
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
 * Handle a few requests in each turn of the event loop, and all that are the first ones of their connections. Node accepts one new
 * connection a turn: if hundreds of busy connections filled each turn, probes and webhooks on new ones would wait for many seconds.
 */
function fewATurn(handle: RequestListener): RequestListener {
  const known = new WeakSet<Socket>();
  const first: Parameters<RequestListener>[] = [];
  const later: Parameters<RequestListener>[] = [];
  let isPlanned = false;

  function plan(): void {
    if (isPlanned || first.length + later.length === 0) return;
    isPlanned = true;
    setImmediate(() => {
      isPlanned = false;
      const due = [...first.splice(0), ...later.splice(0, MOST_A_TURN)];
      // The response to a client that is gone would not tell a second time that it is closed.
      for (const [request, response] of due) if (!request.socket.destroyed) handle(request, response);
      plan();
    });
  }

  return (request, response) => {
    (known.has(request.socket) ? later : first).push([request, response]);
    known.add(request.socket);
    plan();
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

/**
 * Whether the answer to a request that cannot be read would be the next one on its connection, and the only one to that request.
 *
 * @param newest the answer to the connection's newest request with readable headers
 */
function awaitsAnswer(newest: ServerResponse | undefined): boolean {
  if (newest === undefined) return true;
  // Either the headers of the next request are at fault, or the body of this one.
  return newest.req.complete ? newest.writableFinished : !newest.headersSent;
}

/** Answer a request that cannot be read, in the shape of every other error, and close its connection. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  const status = PARSER_STATUSES[error.code ?? ''] ?? 400;
  const name = STATUS_CODES[status] ?? '';
  const body = JSON.stringify({ error: name, message: `The request could not be read: ${name}` });
  const head = [`HTTP/1.1 ${String(status)} ${name}`, 'Connection: close', 'Content-Type: application/json; charset=utf-8'];
  socket.end(`${[...head, `Content-Length: ${String(Buffer.byteLength(body))}`].join('\r\n')}\r\n\r\n${body}`);
}

/** Make this answer the connection's last: otherwise a client that keeps its connection alive would delay the close. */
function sayGoodbye(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
