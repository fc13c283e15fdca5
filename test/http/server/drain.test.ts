import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createDrain, type Drain } from '../../../src/http/server/drain.js';
import { listen, type Listener } from '../../../src/http/server/listener.js';

let drain: Drain;
let listener: Listener;
/** Called with each answer below `/slow`, which the edge holds back. */
let hold: (response: ServerResponse) => void;

beforeEach(async () => {
  drain = createDrain(({ url = '' }, response) => {
    if (url.startsWith('/slow')) hold(response);
    else response.end('served');
  });
  listener = await listen('127.0.0.1', 0, drain.answer);
});
afterEach(() => listener.close(0));

async function ask(path: string, method = 'GET') {
  const answer = await fetch(`${listener.url}${path}`, { method });
  return { status: answer.status, body: await answer.text(), connection: answer.headers.get('connection') };
}

/** Sends a request, and waits until the edge holds its answer back. */
async function askSlowly(method: string): Promise<{ answer: ReturnType<typeof ask>; release: () => void }> {
  const reached = new Promise<ServerResponse>((resolve) => (hold = resolve));
  const answer = ask('/slow', method);
  const response = await reached;
  return { answer, release: () => void response.end('late') };
}

const STOPPING = { status: 503, body: '{"error":"Service Unavailable","message":"Tally is stopping"}', connection: 'close' };

describe('an instance that has announced its stop', () => {
  beforeEach(() => {
    listener.leave();
    drain.announce();
  });

  it.each(['/readyz', '/readyz/', '/READYZ?verbose'])('answers %s with 503 and says that it stops', async (path) => {
    expect(await ask(path)).toEqual({ status: 503, body: '{"status":"stopping"}', connection: 'close' });
  });

  it.each([
    ['GET', '/livez'],
    ['POST', '/api/v1/recordings'],
    ['POST', '/livekit/webhook'],
  ])('still serves %s %s, as the last request of its connection', async (method, path) => {
    expect(await ask(path, method)).toEqual({ status: 200, body: 'served', connection: 'close' });
  });

  it('ends the connection of a request that came before', async () => {
    await listener.close(0);
    drain = createDrain((_request, response) => hold(response));
    listener = await listen('127.0.0.1', 0, drain.answer);
    const { answer, release } = await askSlowly('GET');
    listener.leave();
    release();
    expect((await answer).connection).toBe('close');
  });
});

describe('an instance that only finishes its work', () => {
  it('serves webhooks and probes, and answers everything else that it stops', async () => {
    listener.leave();
    await drain.finish();
    for (const path of ['/livekit/webhook', '//livekit/webhook/?a=b', '/livekit//webhook//']) {
      expect(await ask(path, 'POST')).toEqual({ status: 200, body: 'served', connection: 'close' });
    }
    for (const path of ['/livez', '/health']) expect(await ask(path)).toEqual({ status: 200, body: 'OK', connection: 'close' });
    expect((await ask('/readyz')).status).toBe(503);
    expect(await ask('/api/v1/recordings', 'POST')).toEqual(STOPPING);
    expect(await ask('/api/v1/recordings')).toEqual(STOPPING);
    expect(await ask('/livekit/webhooks')).toEqual(STOPPING);
  });

  it('lets a client that is still sending its body receive the refusal', async () => {
    listener.leave();
    await drain.finish();
    const errors: Error[] = [];
    for (let time = 0; time < 3; time += 1) {
      const request = httpRequest(`${listener.url}/api/v1/recordings`, { method: 'POST' });
      request.on('error', (error) => errors.push(error)).end(Buffer.alloc(10_000_000, 'x'));
      const closed = once(request, 'close');
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      expect(response.resume().statusCode).toBe(503);
      await closed;
    }
    expect(errors).toEqual([]);
  });

  it('has finished when the last command is answered, while reads and webhooks go on', async () => {
    const commands = [await askSlowly('POST'), await askSlowly('DELETE')];
    const read = await askSlowly('GET');
    let isFinished = false;
    const finished = drain.finish().then(() => (isFinished = true));
    commands[0]?.release();
    await commands[0]?.answer;
    expect((await ask('/livez')).status).toBe(200);
    expect(isFinished).toBe(false);
    commands[1]?.release();
    await finished;
    read.release();
    expect((await read.answer).body).toBe('late');
  });
});
