import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/**
 * Decides about a request: true answers it with 500, `hang` never answers it, `cut` closes its connection, false passes it on.
 *
 * @param path decoded path, including the bucket
 */
export type Fault = (method: string, path: string) => boolean | 'hang' | 'cut';

/** A proxy between Tally and an S3 server. */
export interface S3Proxy {
  url: string;
  /** Applies this fault to requests from now on; undefined ends this. */
  fail(fault: Fault | undefined): void;
  close(): Promise<void>;
}

const FAULT = '<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>';

/** @param target URL of the server. The proxy passes requests on unchanged, including signature and host. */
export async function startS3Proxy(target: string): Promise<S3Proxy> {
  let fault: Fault | undefined;
  const { hostname, port } = new URL(target);

  async function forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = incoming;
    const outcome = fault?.(method, decodeURIComponent(url.split('?')[0] ?? '')) ?? false;
    if (outcome === 'hang') return;
    if (outcome === 'cut') {
      response.destroy();
      return;
    }
    if (outcome) {
      incoming.resume();
      response.writeHead(500, { 'Content-Type': 'application/xml' }).end(FAULT);
      return;
    }
    const outgoing = request({ hostname, port, method, path: url, headers });
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    const [[answer]] = await Promise.all([answered, pipeline(incoming, outgoing)]);
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    await pipeline(answer, response);
  }

  const server = createServer((incoming, response) => {
    forward(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    fail(next) {
      fault = next;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
