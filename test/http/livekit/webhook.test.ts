import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

import { beforeEach, describe, expect, it } from 'vitest';

import { LiveKitUnavailableError, StoreUnavailableError, WriteOutcomeUnknownError } from '../../../src/errors.js';
import { createEdge, type Edge } from '../support/edge.js';

const BODY = '{"event":"egress_updated", "id":"EV_é"}';

let edge: Edge;
beforeEach(async () => {
  edge = await createEdge();
});

const send = ({ body = BODY, type = 'application/webhook+json', authorization = 'good' } = {}) =>
  edge.anonymous.post('/livekit/webhook').set('Content-Type', type).set('Authorization', authorization).send(body);

describe('a LiveKit webhook', () => {
  it('is verified over its unchanged body, handled, and answered 200 without a body', async () => {
    const { status, text } = await send();
    expect(status).toBe(200);
    expect(text).toBe('');
    expect(edge.webhooks.bodies).toEqual([BODY]);
    expect(edge.webhooks.handled).toEqual([{ kind: 'ignored', name: BODY }]);
  });

  it('reaches the verifier even if its body is not JSON', async () => {
    expect((await send({ body: '{"event": ' })).status).toBe(200);
    expect(edge.webhooks.bodies).toEqual(['{"event": ']);
  });

  it('may have up to 5 MB, more than the bodies of clients', async () => {
    expect((await send({ body: 'x'.repeat(5_000_000) })).status).toBe(200);
    expect(edge.webhooks.handled).toHaveLength(1);
    expect((await send({ body: 'x'.repeat(5_300_000) })).status).toBe(413);
  });

  it('without a good token is answered 401 before its body has arrived', async () => {
    const server = createServer(edge.listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const head = ['POST /livekit/webhook HTTP/1.1', 'Host: a', 'Content-Type: application/webhook+json', 'Authorization: forged'];
    socket.write([...head, 'Content-Length: 1000000', '', 'one byte and no more'].join('\r\n'));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
    server.close();
  });

  it.each(['//livekit/webhook', '/livekit//webhook', '/livekit/webhook//'])('is accepted at %s', async (path) => {
    const { status } = await edge.anonymous
      .post(path)
      .set('Content-Type', 'application/json')
      .set('Authorization', 'good')
      .send('{}');
    expect(status).toBe(200);
    expect(edge.webhooks.bodies).toEqual(['{}']);
  });

  it('is answered only after it was handled', async () => {
    const order: string[] = [];
    let commit: () => void = () => undefined;
    let arrive: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    edge = await createEdge({
      livekitEvents: {
        verify: () => Promise.resolve(() => ({ kind: 'ignored', name: '' })),
        handle: () =>
          new Promise<void>((resolve) => {
            commit = resolve;
            arrive();
          }),
      },
    });
    const answered = send().then(() => order.push('answered'));
    await arrived;
    order.push('committed');
    commit();
    await answered;
    expect(order).toEqual(['committed', 'answered']);
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain'])('of type %s is ignored and answered 200', async (type) => {
    const { status, text } = await send({ type, authorization: 'bad', body: '{"no json' });
    expect(status).toBe(200);
    expect(text).toBe('');
    expect(edge.webhooks.bodies).toEqual([]);
  });

  it('with a bad signature is answered 401 without a body, logged and counted', async () => {
    await send({ authorization: 'forged-token' });
    const { status, text } = await send({ authorization: 'forged-token' });
    expect(status).toBe(401);
    expect(text).toBe('');
    const warnings = edge.lines().filter(({ msg }) => msg === 'webhook rejected');
    expect(warnings.at(-1)).toMatchObject({ level: 40, reason: 'bad signature' });
    expect(edge.rawLines.join('')).not.toContain('forged-token');
  });

  it.each([
    new StoreUnavailableError('mongo is away'),
    new WriteOutcomeUnknownError('timed out'),
    new LiveKitUnavailableError('refused'),
  ])('is answered 503, so that LiveKit repeats it, after %s', async (failure) => {
    edge.webhooks.failNext(failure);
    const { status, text } = await send();
    expect(status).toBe(503);
    expect(text).toBe('');
    expect((await send()).status).toBe(200);
  });

  it('whose handling fails for good is answered 200 and logged as an error', async () => {
    edge.webhooks.failNext(new Error('bug'));
    const { status, text } = await send();
    expect(status).toBe(200);
    expect(text).toBe('');
    expect(edge.lines().find(({ msg }) => msg === 'webhook failed')).toMatchObject({
      level: 50,
      err: { message: 'bug' },
    });
  });
});
