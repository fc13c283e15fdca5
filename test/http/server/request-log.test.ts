import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { beforeEach, describe, expect, it } from 'vitest';

import { StartTimedOutError } from '../../../src/machines/recording/errors.js';
import { API_KEY, createEdge, type Edge } from '../support/edge.js';

let edge: Edge;
beforeEach(async () => {
  edge = await createEdge();
  await edge.rooms.put({ roomId: 'room-1' });
  edge.recordings.present.add('room-1');
});

describe('the request log', () => {
  it('has one line per request', async () => {
    const { headers } = await edge.get('/api/v1/rooms');
    expect(edge.lines()).toEqual([
      expect.objectContaining({
        level: 30,
        msg: 'request',
        requestId: headers['x-request-id'],
        method: 'GET',
        path: '/api/v1/rooms',
        route: 'rooms.list',
        status: 200,
        ms: expect.any(Number) as number,
      }),
    ]);
  });

  it('uses the X-Request-Id of the client if it is well formed, else a new one', async () => {
    expect((await edge.get('/api/v1/rooms').set('X-Request-Id', 'trace-1:a.b')).headers['x-request-id']).toBe('trace-1:a.b');
    for (const wild of ['a b', 'x'.repeat(129), '"}']) {
      expect((await edge.get('/api/v1/rooms').set('X-Request-Id', wild)).headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
    }
  });

  it('contains the recording id of a request', async () => {
    const { body } = await edge.post('/api/v1/recordings', { roomId: 'room-1' });
    const { recordingId } = body as { recordingId: string };
    await edge.get(`/api/v1/recordings/${recordingId}`);
    expect(edge.lines().map((line) => line['recordingId'])).toEqual([recordingId, recordingId]);
  });

  it('contains an unexpected error once, with its stack, and the client does not see it', async () => {
    edge.recordings.failNext(new Error('the bug'));
    const { text } = await edge.post('/api/v1/recordings', { roomId: 'room-1' });
    expect(text).not.toContain('the bug');
    expect(edge.lines()).toHaveLength(1);
    expect(edge.lines()[0]).toMatchObject({
      level: 50,
      status: 500,
      err: { message: 'the bug', stack: expect.any(String) as string },
    });
  });

  it('has level warn for an outage and level info for a refusal', async () => {
    edge.recordings.failNext(new StartTimedOutError('room-1'));
    await edge.post('/api/v1/recordings', { roomId: 'room-1' });
    await edge.get('/api/v1/rooms/none');
    expect(edge.lines().map(({ level }) => level)).toEqual([40, 30]);
    expect(edge.lines()[1]).not.toHaveProperty('err');
  });

  it('contains the outcome of a request whose client left early', async () => {
    const server = createServer(edge.listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    edge.gate.hold();
    const { port } = server.address() as AddressInfo;
    const left = httpRequest({ port, host: '127.0.0.1', path: '/api/v1/rooms', headers: { 'X-API-KEY': API_KEY } }).end();
    left.on('error', () => undefined);
    const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
    left.destroy();
    await once(response, 'close');
    expect(edge.lines()).toEqual([]);
    edge.gate.failNext('apiKeys.list', 'fail_before');
    const line = edge.nextLine();
    edge.gate.open();
    await line;
    server.close();
    expect(edge.lines()).toEqual([expect.objectContaining({ level: 40, status: 503, cut: true })]);
    expect(edge.lines()[0]).toHaveProperty('err');
  });

  it('contains no secrets of requests and answers', async () => {
    await edge
      .post('/api/v1/rooms?secret=hush-q&accessToken=hush-t&note=hush-n', {})
      .set('Authorization', 'Bearer hush-b')
      .set('Idempotency-Key', 'hush-i');
    await edge.get('/api/v1/rooms/room-1?secret=hush-q');
    edge.recordings.failNext(new Error("Secret 'hush-q' of mongodb://user:hush-p@host/ and https://x/y?secret=hush-s"));
    await edge.post('/api/v1/recordings', { roomId: 'room-1' });
    const log = edge.rawLines.join('');
    for (const secret of [API_KEY, 'hush-q', 'hush-t', 'hush-n', 'hush-b', 'hush-i', 'hush-p', 'hush-s', 'aaaaaaaaaa'])
      expect(log).not.toContain(secret);
  });
});
