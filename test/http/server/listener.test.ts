import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { listen, type Listener } from '../../../src/http/server/listener.js';
import { eventually } from '../../support/eventually.js';

const requestFor = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

let listener: Listener;
let client: Client;
let handle: (request: IncomingMessage, response: ServerResponse) => void;

interface Client {
  socket: Socket;
  closed: Promise<unknown>;
  received: string;
}

async function connected(): Promise<Client> {
  const socket = connect(listener.port, '127.0.0.1').on('error', () => undefined);
  const made: Client = { socket, closed: new Promise((resolve) => socket.once('close', resolve)), received: '' };
  socket.on('data', (data) => (made.received += String(data)));
  await once(socket, 'connect');
  return made;
}

async function hears(from: Client, expected: string): Promise<void> {
  await eventually(
    `an answer with ${expected}`,
    () => from.received,
    (text) => text.includes(expected),
  );
}

beforeEach(async () => {
  listener = await listen('127.0.0.1', 0, (request, response) => {
    handle(request, response);
  });
  client = await connected();
});
afterEach(async () => {
  client.socket.destroy();
  await listener.close(0);
});

describe('pipelined requests of one connection', () => {
  it('are handled one after the other, because a later one may depend on an earlier one', async () => {
    const steps: string[] = [];
    handle = ({ url = '' }, response) => {
      steps.push(`${url} comes`);
      setImmediate(() => {
        steps.push(`${url} goes`);
        response.end(url);
      });
    };
    client.socket.write(['/one', '/two', '/three'].map(requestFor).join(''));
    await hears(client, '/three');
    expect(steps).toEqual(['/one comes', '/one goes', '/two comes', '/two goes', '/three comes', '/three goes']);
  });

  it('are all answered when not more than sixteen wait, however many come in the end', async () => {
    handle = ({ url = '' }, response) => {
      setImmediate(() => response.end(url));
    };
    for (const round of ['/a', '/b', '/c']) {
      client.socket.write(Array.from({ length: 17 }, (_, index) => requestFor(`${round}${index}`)).join(''));
      await hears(client, `${round}16`);
    }
  });

  it('are never handled when the client disconnects before their turn', async () => {
    const events: string[] = [];
    handle = recordingEvents(events, (response) => response.write('begun'));
    client.socket.write(['/one', '/two'].map(requestFor).join(''));
    await hears(client, 'begun');
    client.socket.destroy();
    await allClosed(events);
    expect(events).toEqual(['/one comes', '/one is closed']);
  });
});

describe('a client that sends more requests ahead than may wait', () => {
  const request = requestFor(`/${'x'.repeat(1_000)}`);
  const flood = request.repeat(5_000);

  async function sendOneAndFlood(): Promise<void> {
    client.socket.write(requestFor('/one'));
    await hears(client, 'begun');
    client.socket.write(flood);
    await client.closed;
  }

  it.each<[string, (response: ServerResponse) => void]>([
    ['has begun', (response) => response.write('begun')],
    ['is complete', (response) => response.end('begun')],
  ])('is cut off, and no request is handled after the first, whose answer %s', async (_state, answer) => {
    const events: string[] = [];
    handle = recordingEvents(events, answer);
    await sendOneAndFlood();
    await allClosed(events);
    expect(events).toEqual(['/one comes', '/one is closed']);
  });

  it('is not read any further', async () => {
    let socket: Socket | undefined;
    handle = (incoming, response) => {
      socket ??= incoming.socket;
      response.write('begun');
    };
    await sendOneAndFlood();
    expect(socket?.bytesRead).toBeLessThan(200_000);
  });

  it('does not disturb the requests of another connection', async () => {
    const answers: (() => void)[] = [];
    handle = ({ url = '' }, response) => {
      if (url.startsWith('/other')) answers.push(() => response.end(url));
    };
    const other = await connected();
    other.socket.write(['/other1', '/other2'].map(requestFor).join(''));
    await eventually(
      'the first request of the other connection',
      () => answers.length,
      (count) => count === 1,
    );
    client.socket.write(flood);
    await client.closed;
    answers[0]?.();
    await eventually(
      'the second request of the other connection',
      () => answers.length,
      (count) => count === 2,
    );
    answers[1]?.();
    await hears(other, '/other2');
    other.socket.destroy();
  });
});

it('a request is never handled when its client disconnects while it waits for a turn of the event loop', async () => {
  const events: string[] = [];
  const clients = await Promise.all(Array.from({ length: 200 }, connected));
  handle = (_request, response) => response.end('ready');
  for (const { socket } of clients) socket.write(requestFor('/first'));
  await Promise.all(clients.map((each) => hears(each, 'ready')));
  handle = recordingEvents(events, () => {
    for (const { socket } of clients) socket.destroy();
  });
  for (const [index, { socket }] of clients.entries()) socket.write(requestFor(`/${index}`));
  await Promise.all(clients.map(({ closed }) => closed));
  client.socket.destroy();
  await allClosed(events);
  const [come, closed] = ['comes', 'is closed'].map((end) => events.filter((event) => event.endsWith(end)).length);
  expect(come).toBe(closed);
  expect(come).toBeLessThan(clients.length);
});

it('few requests of busy connections are handled in one turn of the event loop, and the first one of a new connection before them', async () => {
  const answer = (response: ServerResponse) => response.end('ready');
  handle = (_request, response) => answer(response);
  const busy = await Promise.all(Array.from({ length: 200 }, connected));
  for (const { socket } of busy) socket.write(requestFor('/first'));
  await Promise.all(busy.map((each) => hears(each, 'ready')));
  const handled: string[] = [];
  let inThisTurn = 0;
  let most = 0;
  handle = ({ url = '' }, response) => {
    handled.push(url);
    inThisTurn += 1;
    most = Math.max(most, inThisTurn);
    if (inThisTurn === 1) setImmediate(() => (inThisTurn = 0));
    answer(response);
  };
  for (const { socket } of busy) socket.write(requestFor('/busy'));
  client.socket.write(requestFor('/new'));
  await eventually(
    'all are handled',
    () => handled.length,
    (count) => count === busy.length + 1,
  );
  for (const { socket } of busy) socket.destroy();
  expect(most).toBeLessThanOrEqual(25);
  expect(handled.indexOf('/new')).toBeLessThan(50);
});

/** Without cutting what is open: a connection that stays open, or a request that comes and is never closed, makes it fail. */
async function allClosed(events: readonly string[]): Promise<void> {
  await listener.close(60_000);
  const count = (end: string) => events.filter((event) => event.endsWith(end)).length;
  await eventually(
    'as many closed answers as requests',
    () => [count('is closed'), count('comes')] as const,
    ([closed, come]) => closed === come,
  );
}

/** @param answer for each request */
function recordingEvents(events: string[], answer: (response: ServerResponse) => void): typeof handle {
  return ({ url = '' }, response) => {
    events.push(`${url} comes`);
    response.once('close', () => events.push(`${url} is closed`));
    answer(response);
  };
}

describe('a request that cannot be read', () => {
  const limits = { headersMs: 100, requestMs: 200, checkMs: 20 };

  /** Everything that a client receives that sends this and then waits until its connection is closed. */
  async function receivedAfter(text: string, handler: RequestListener = (request) => void request.resume()): Promise<string> {
    const strict = await listen('127.0.0.1', 0, handler, limits);
    try {
      const socket = connect(strict.port, '127.0.0.1').on('error', () => undefined);
      let received = '';
      socket.on('data', (data) => (received += String(data)));
      socket.write(text);
      await once(socket, 'close');
      return received;
    } finally {
      await strict.close(0);
    }
  }

  it.each([
    ['whose head is not HTTP', 'nonsense\r\n\r\n', 400, 'Bad Request'],
    [
      'whose headers are larger than 64 kB',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`,
      431,
      'Request Header Fields Too Large',
    ],
    ['whose headers do not end in time', 'GET / HTTP/1.1\r\nHost: a\r\nX: ', 408, 'Request Timeout'],
    ['whose body does not end in time', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf', 408, 'Request Timeout'],
  ])('%s is answered in JSON, and its connection is closed', async (_, text, status, error) => {
    const [head = '', body = ''] = (await receivedAfter(text)).split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status} ${error}\r\n`);
    expect(head).toContain('Content-Type: application/json; charset=utf-8');
    expect(JSON.parse(body)).toEqual({ error, message: `The request could not be read: ${error}` });
  });

  const halfBody = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf';
  it.each<[string, string, RequestListener]>([
    [
      'whose body does not end in time, and whose answer has begun',
      halfBody,
      (_, response) => {
        response.writeHead(200, { 'Content-Length': 9 }).write('half');
      },
    ],
    ['whose body does not end in time, and whose answer is complete', halfBody, (_, response) => response.end('early')],
  ])('%s, gets no second answer', async (_, text, handler) => {
    const received = await receivedAfter(text, handler);
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  });

  it('behind a request that waits for its answer is not answered in its place', async () => {
    expect(await receivedAfter(`${requestFor('/slow')}nonsense\r\n\r\n`, () => undefined)).toBe('');
  });

  it('behind a request that is answered gets the second answer', async () => {
    const handler: RequestListener = (_, response) => response.end('ok');
    const received = await receivedAfter(`${requestFor('/')}GET / HTTP/1.1\r\nHost: a\r\nX: `, handler);
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 408']);
  });
});
