import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { listen, type Listener } from '../../src/http/server/listener.js';
import { eventually } from '../support/eventually.js';

const requestFor = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

let listener: Listener;
let client: Socket;
let received: string;
let handle: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  received = '';
  listener = await listen('127.0.0.1', 0, (request, response) => {
    handle(request, response);
  });
  client = connect(listener.port, '127.0.0.1');
  client.on('error', () => undefined).on('data', (data) => (received += String(data)));
  await once(client, 'connect');
});
afterEach(async () => {
  client.destroy();
  await listener.close(0);
});

describe('pipelined requests of one connection', () => {
  it('are handled one after the other, because a later one may depend on an earlier one', async () => {
    const told: string[] = [];
    handle = ({ url = '' }, response) => {
      told.push(`${url} comes`);
      setImmediate(() => {
        told.push(`${url} goes`);
        response.end(url);
      });
    };
    client.write(['/one', '/two', '/three'].map(requestFor).join(''));
    await eventually(
      'the last answer',
      () => received,
      (text) => text.endsWith('/three'),
    );
    expect(told).toEqual(['/one comes', '/one goes', '/two comes', '/two goes', '/three comes', '/three goes']);
  });

  it('are never handled when the client disconnects before their turn', async () => {
    const paths: string[] = [];
    const closed: string[] = [];
    handle = ({ url = '' }, response) => {
      paths.push(url);
      response.once('close', () => closed.push(url));
      response.write('begun');
    };
    client.write(['/one', '/two'].map(requestFor).join(''));
    await eventually(
      'the beginning of an answer',
      () => received,
      (text) => text.includes('begun'),
    );
    client.destroy();
    await eventually(
      'the end of the first',
      () => closed,
      (ended) => ended.length > 0,
    );
    expect([paths, closed]).toEqual([['/one'], ['/one']]);
  });

  it('wait in the network instead of in memory, and are all answered', async () => {
    const count = 5_000;
    const request = requestFor(`/${'x'.repeat(1_000)}`);
    let handled = 0;
    let mostAhead = 0;
    handle = ({ socket }, response) => {
      handled += 1;
      setImmediate(() => {
        mostAhead = Math.max(mostAhead, socket.bytesRead - handled * request.length);
        response.end();
      });
    };
    client.write(request.repeat(count));
    await eventually(
      'every answer',
      () => handled,
      (so) => so === count,
    );
    expect(mostAhead).toBeLessThan(200_000);
  });
});
