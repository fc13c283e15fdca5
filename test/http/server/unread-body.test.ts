import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { API_KEY, createEdge } from '../support/edge.js';

const MANY = Buffer.alloc(3_000_000, 'x');

let server: Server;
let socket: Socket;
beforeEach(async () => {
  server = createServer((await createEdge()).listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
});
afterEach(() => {
  socket.destroy();
  server.close();
});

const head = (...lines: string[]) => `${[...lines, 'Host: a', `X-API-KEY: ${API_KEY}`].join('\r\n')}\r\n\r\n`;
const chunked = (body: Buffer) => [`${body.length.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'];

/** Sends parts over one connection. @returns the statuses of all answers */
async function statusesOf(parts: readonly (string | Buffer)[]): Promise<string[]> {
  for (const part of parts) socket.write(part);
  let text = '';
  for await (const data of socket) text += String(data);
  return [...text.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status = '']) => status);
}

const start = 'POST /api/v1/recordings HTTP/1.1';
const JSON_TYPE = 'Content-Type: application/json';

describe('a connection serves its next request after a body', () => {
  const WEBHOOK_TYPE = 'Content-Type: application/webhook+json';
  const webhook = 'POST /livekit/webhook HTTP/1.1';
  const length = `Content-Length: ${MANY.length}`;
  const inChunks = 'Transfer-Encoding: chunked';

  it.each([
    ['that is too large by its length', '413', head(start, JSON_TYPE, length), [MANY]],
    ['that is too large by its chunks', '413', head(start, JSON_TYPE, inChunks), chunked(MANY)],
    [
      'of a form that is too large by its chunks',
      '413',
      head(start, 'Content-Type: application/x-www-form-urlencoded', inChunks),
      chunked(MANY),
    ],
    [
      'that is too large once unpacked',
      '413',
      head(start, JSON_TYPE, 'Content-Encoding: gzip', inChunks),
      chunked(gzipSync(MANY, { level: 0 })),
    ],
    ['that cannot be unpacked', '400', head(start, JSON_TYPE, 'Content-Encoding: gzip', inChunks), chunked(MANY)],
    ['of a type that Tally does not read', '422', head(start, 'Content-Type: text/plain', inChunks), chunked(MANY)],
    ['of a webhook without a token', '401', head(webhook, WEBHOOK_TYPE, inChunks), chunked(MANY)],
  ])('%s', async (_what, status, request, body) => {
    const next = head('GET /health HTTP/1.1', 'Connection: close');
    expect(await statusesOf([request, ...body, next])).toEqual([status, '200']);
  });
});

describe('a client that closes its connection after one request', () => {
  it.each([
    ['that is too large', 413, 'application/json'],
    ['that Tally does not read', 422, 'text/plain'],
  ])('receives its answer while it sends a body %s', async (_what, status, type) => {
    const { port } = server.address() as AddressInfo;
    const headers = { 'X-API-KEY': API_KEY, 'Content-Type': type, Connection: 'close' };
    const errors: Error[] = [];
    for (let time = 0; time < 10; time += 1) {
      const request = httpRequest({ port, host: '127.0.0.1', path: '/api/v1/recordings', method: 'POST', headers });
      request.on('error', (error) => errors.push(error)).end(Buffer.alloc(10_000_000, 'x'));
      const closed = once(request, 'close');
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      expect(response.resume().statusCode).toBe(status);
      await closed;
    }
    expect(errors).toEqual([]);
  });

  it('has a limited time to send the rest of its body', async () => {
    const request = head(start, JSON_TYPE, `Content-Length: ${MANY.length}`, 'Connection: close');
    expect(await statusesOf([request, 'x'])).toEqual(['413']);
  });
});
