import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EgressStatus, WebhookReceiver, type RoomCompositeOptions } from 'livekit-server-sdk';
import { describe, expect, it } from 'vitest';
import { createClock } from '../../src/simulator/clock.js';
import { createWebhookSender } from '../../src/simulator/webhooks/webhook-sender.js';
import {
  API_KEY,
  API_SECRET,
  ENDLESS_MS,
  HASTY,
  createLiveStage,
  createSink,
  createStage,
  fileOutput,
  sequence,
  type Arrival,
  type Stage,
} from './support.js';

const { EGRESS_ACTIVE, EGRESS_ENDING } = EgressStatus;

async function recordOnce(stage: Stage, options: RoomCompositeOptions = {}): Promise<string> {
  const { egressId } = await stage.egress.startRoomCompositeEgress('r', fileOutput('x'), options);
  await expect.poll(() => stage.simulator.egresses()[0]?.liveFrom, { interval: 2 }).toBeDefined();
  await stage.egress.stopEgress(egressId);
  await expect.poll(() => stage.simulator.egresses()[0]?.states.at(-1)?.status, { interval: 2 }).toBe('EGRESS_COMPLETE');
  return egressId;
}

/** Wait until every webhook has been delivered or dropped. */
async function settled({ simulator }: Stage, atLeast: number): Promise<void> {
  const done = () =>
    simulator.webhooks().filter(({ answers, dropped }) => answers.at(-1) === 200 || dropped !== undefined).length;
  await expect.poll(done, { interval: 2 }).toBeGreaterThanOrEqual(atLeast);
}

const isEgress = (name: string) => (arrival: Arrival) => arrival.body.includes(`"event":"${name}"`);

describe('a webhook', () => {
  it('looks and is signed as LiveKit does it', async () => {
    const stage = await createLiveStage();
    const { body, headers } = await stage.sink.next(isEgress('room_started'));
    expect(headers).toMatchObject({ 'content-type': 'application/webhook+json', 'user-agent': 'LiveKit' });
    const [head, payload] = (headers.authorization ?? '').split('.').map((part) => Buffer.from(part, 'base64url').toString());
    expect(JSON.parse(head ?? '')).toEqual({ alg: 'HS256' });
    const claims = JSON.parse(payload ?? '') as { iss: string; iat: number; nbf: number; exp: number; sha256: string };
    expect(Object.keys(claims).sort()).toEqual(['exp', 'iat', 'iss', 'nbf', 'sha256']);
    expect(claims).toMatchObject({ iss: API_KEY, nbf: claims.iat, exp: claims.nbf + 300 });
    expect(claims.sha256).toBe(createHash('sha256').update(body).digest('base64'));
    expect(JSON.parse(body)).toEqual({
      event: 'room_started',
      id: expect.stringMatching(/^EV_.{12}$/),
      createdAt: expect.stringMatching(/^\d{10}$/),
      room: expect.objectContaining({ name: 'r', emptyTimeout: 300, departureTimeout: 20, turnPassword: expect.any(String) }),
    });
  });

  it('about an egress has a stub of the room and no defaults', async () => {
    const stage = await createLiveStage();
    await stage.egress.startRoomCompositeEgress('r', fileOutput('x'));
    const { body } = await stage.sink.next(isEgress('egress_started'));
    const { room, egressInfo } = JSON.parse(body) as { room: object; egressInfo: object };
    expect(room).toEqual({ name: 'r', sid: expect.stringMatching(/^RM_/) });
    expect(Object.keys(egressInfo).sort()).toEqual(
      ['egressId', 'file', 'fileResults', 'roomComposite', 'roomId', 'roomName', 'startedAt', 'updatedAt'].sort(),
    );
  });

  it('also goes to the receivers of the request, under the same id', async () => {
    const stage = await createLiveStage();
    const own = await createSink();
    await recordOnce(stage, { webhooks: [{ url: own.url, signingKey: API_KEY }] as never });
    await stage.sink.event('egress_ended');
    await own.event('egress_ended');
    const idsOf = (arrivals: Arrival[]) => arrivals.flatMap(({ event }) => (event?.egressInfo ? [event.id] : []));
    expect(idsOf(own.arrivals)).toEqual(idsOf(stage.sink.arrivals));
    expect(own.arrivals.every(({ event }) => event?.event.startsWith('egress_'))).toBe(true);
  });

  it('goes to a receiver that is added later', async () => {
    const stage = await createStage();
    const late = await createSink();
    stage.simulator.addWebhookUrl(late.url);
    stage.simulator.addWebhookUrl(late.url);
    stage.simulator.join('r', { identity: 'ada' });
    await late.event('participant_joined');
    expect(late.arrivals).toHaveLength(2);
  });
});

describe('delivery', () => {
  it('is tried five times, unless the answer says that it arrived', async () => {
    const stage = await createStage({ speed: 1000 });
    const answers = [503, 500, 429, 502, 503, 501, 400];
    stage.sink.respond = () => answers.shift() ?? 200;
    stage.simulator.join('r', { identity: 'ada' });
    stage.simulator.leave('r', 'ada');
    await settled(stage, 1);
    expect(stage.simulator.webhooks().map(({ event, attempts, answers: got }) => [event, attempts, got])).toEqual([
      ['room_started', 5, [503, 500, 429, 502, 503]],
      ['participant_joined', 1, [501]],
      ['participant_left', 1, [400]],
      ['room_finished', 1, [200]],
    ]);
    const [first, second] = stage.sink.arrivals;
    expect(second).toMatchObject({ body: first?.body, headers: { authorization: first?.headers.authorization } });
  });

  it('is tried again when nobody listens', async () => {
    const stage = await createStage({ speed: 1000 });
    stage.simulator.webhookUrls[0] = 'http://127.0.0.1:9/closed';
    stage.simulator.join('r', { identity: 'ada' });
    await expect.poll(() => stage.simulator.webhooks()[0]?.answers, { interval: 5 }).toEqual(Array(5).fill('ECONNREFUSED'));
  });

  it.each([
    [307, 'POST', true],
    [308, 'POST', true],
    [302, 'GET', false],
  ])('follows a redirect with %d, as Go does: %s', async (status, method, hasBody) => {
    const stage = await createStage();
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      if (request.url === '/old') {
        request.resume();
        response.writeHead(status, { location: '/new' }).end();
        return;
      }
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        seen.push([request.method, request.url, body.includes('room_started'), request.headers.authorization !== undefined]);
        response.writeHead(200).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stage.simulator.webhookUrls[0] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/old`;
    await stage.rooms.createRoom({ name: 'r' });
    await settled(stage, 1);
    expect(seen).toEqual([[method, '/new', hasBody, true]]);
    expect(stage.simulator.webhooks()).toMatchObject([{ attempts: 1, answers: [200] }]);
    server.closeAllConnections();
    server.close();
  });

  it('gives up what has waited for half a minute, or behind two hundred others', async () => {
    const sink = await createSink();
    let now = 0;
    const sender = createWebhookSender({ ...createClock(1), now: () => now });
    const parcel = (id: number) => ({ key: 'k', url: sink.url, event: 'e', id: `${id}`, body: '{}', authorization: 'x' });
    let answer: (status: number) => void = () => undefined;
    sink.respond = () => new Promise((resolve) => (answer = resolve));
    for (let id = 0; id < 203; id += 1) sender.enqueue(parcel(id));
    await sink.next(() => true);
    expect(sender.log().flatMap(({ id, dropped }) => (dropped ? [[id, dropped]] : []))).toEqual([
      ['201', 'depth'],
      ['202', 'depth'],
    ]);
    now = 30_001;
    answer(200);
    await expect.poll(() => sender.log().filter(({ dropped }) => dropped === 'age').length, { interval: 2 }).toBe(200);
    expect(sender.log()[0]).toMatchObject({ answers: [200] });
    sender.close();
  });

  it('keeps the order of one egress, and is not held up by another', async () => {
    const stage = await createLiveStage();
    stage.sink.respond = ({ event }) => (event?.room?.name === 'blocked' ? 'never' : 200);
    stage.simulator.join('blocked', { identity: 'ada' });
    await recordOnce(stage);
    await stage.sink.event('egress_ended');
    expect(sequence(stage.sink)).toEqual(['egress_started 0', 'egress_updated 1', 'egress_updated 2', 'egress_ended 3']);
    expect(stage.sink.arrivals.filter(({ event }) => event?.room?.name === 'blocked')).toHaveLength(1);
  });
});

describe('scripts', () => {
  it.each([
    ['lost-started', ['egress_updated 1', 'egress_updated 2', 'egress_ended 3']],
    ['lost-active', ['egress_started 0', 'egress_updated 2', 'egress_ended 3']],
    ['lost-ended', ['egress_started 0', 'egress_updated 1', 'egress_updated 2']],
    ['webhook-blocked', ['egress_started 0', 'egress_updated 1']],
    ['webhook-401-swallowed', ['egress_started 0', 'egress_ended 3']],
    ['out-of-order', ['egress_started 0', 'egress_updated 2', 'egress_updated 1', 'egress_ended 3']],
    [
      'duplicate-webhooks',
      [0, 0, 1, 1, 2, 2, 3, 3].map(
        (status) => `${['egress_started', 'egress_updated', 'egress_updated', 'egress_ended'][status] ?? ''} ${status}`,
      ),
    ],
    [
      'duplicate-new-id',
      [
        'egress_started 0',
        'egress_updated 1',
        'egress_updated 1',
        'egress_updated 2',
        'egress_updated 2',
        'egress_ended 3',
        'egress_ended 3',
      ],
    ],
  ])('%s', async (name, expected) => {
    const stage = await createLiveStage({ script: { name } });
    const egressId = await recordOnce(stage);
    const inQueue = () => stage.simulator.webhooks().filter(({ key, answers }) => key === egressId && answers.length > 0).length;
    await expect.poll(inQueue, { interval: 2 }).toBe(expected.length);
    expect(sequence(stage.sink)).toEqual(expected);
    expect(await stage.egress.listEgress({ egressId })).toMatchObject([{ status: EgressStatus.EGRESS_COMPLETE }]);
  });

  it.each([
    ['egress_ended', ['egress_started 0', 'egress_updated 1', 'egress_ended 3', 'egress_updated 2']],
    ['egress_started', ['egress_updated 1', 'egress_updated 2', 'egress_ended 3', 'egress_started 0']],
  ])('out-of-order around %s', async (event, expected) => {
    const stage = await createLiveStage({ script: { name: 'out-of-order', event } });
    await recordOnce(stage);
    await expect.poll(() => sequence(stage.sink), { interval: 2 }).toEqual(expected);
  });

  it('duplicate-webhooks: the same bytes; duplicate-new-id: the same but for its id', async () => {
    const twice = await createLiveStage({ script: { name: 'duplicate-webhooks' } });
    await recordOnce(twice);
    const one = await twice.sink.next(isEgress('egress_ended'));
    expect((await twice.sink.next(isEgress('egress_ended'))).body).toBe(one.body);

    const renamed = await createLiveStage({ script: { name: 'duplicate-new-id' } });
    await recordOnce(renamed);
    const [first, second] = [await renamed.sink.event('egress_ended'), await renamed.sink.event('egress_ended')];
    expect(second.id).not.toBe(first.id);
    expect(second.egressInfo).toEqual(first.egressInfo);
  });

  it('lost-all-webhooks: no HTTP at all', async () => {
    const stage = await createStage({ script: { name: 'lost-all-webhooks' } });
    stage.simulator.join('r', { identity: 'ada', publish: true });
    await recordOnce(stage);
    expect(stage.sink.arrivals).toEqual([]);
    expect(stage.simulator.webhooks()).toEqual([]);
  });

  it('late-ended: after the store has changed, with the snapshot of then', async () => {
    const stage = await createLiveStage({ script: { name: 'late-ended', delayMs: ENDLESS_MS } });
    const egressId = await recordOnce(stage);
    expect(sequence(stage.sink)).not.toContain('egress_ended 3');
    stage.simulator.setSpeed(HASTY);
    expect((await stage.sink.event('egress_ended')).egressInfo).toEqual((await stage.egress.listEgress({ egressId }))[0]);
  });

  it('webhook-retry-storm: as many deliveries as there are attempts', async () => {
    const stage = await createLiveStage({ script: { name: 'webhook-retry-storm', event: 'egress_ended', times: 3 } });
    await recordOnce(stage);
    const ids = [
      await stage.sink.event('egress_ended'),
      await stage.sink.event('egress_ended'),
      await stage.sink.event('egress_ended'),
    ];
    expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
  });

  it.each([
    ['bad-signature', 'signature verification failed'],
    ['wrong-key', 'unexpected "iss" claim value'],
    ['tampered-body', 'sha256 checksum of body does not match'],
    ['bearer-prefix', 'JWS Protected Header is invalid'],
    ['no-exp', 'missing required "exp" claim'],
  ])('%s: one delivery that the receiver must reject, beside the good ones', async (name, reason) => {
    const stage = await createLiveStage({ script: { name } });
    await recordOnce(stage);
    const forged = await stage.sink.next(({ event, body }) => event === undefined && body.includes('EGRESS_FAILED'));
    const receiver = new WebhookReceiver(API_KEY, API_SECRET);
    await expect(receiver.receive(forged.body, forged.headers.authorization)).rejects.toThrow(reason);
    await stage.sink.event('egress_ended');
    expect(sequence(stage.sink)).toEqual(['egress_started 0', 'egress_updated 1', 'egress_updated 2', 'egress_ended 3']);
    expect(stage.sink.arrivals.filter(({ event }) => event === undefined)).toHaveLength(1);
  });

  it.each([
    ['clock-skew-future', '"nbf" claim timestamp check failed', 60],
    ['clock-skew-past', '"exp" claim timestamp check failed', 60],
  ])('%s: rejected with the default tolerance, accepted with more', async (name, reason, tolerance) => {
    const stage = await createStage({ script: { name } });
    stage.simulator.join('r', { identity: 'ada' });
    const { body, headers } = await stage.sink.next(isEgress('room_started'));
    const receiver = new WebhookReceiver(API_KEY, API_SECRET);
    await expect(receiver.receive(body, headers.authorization)).rejects.toThrow(reason);
    expect(await receiver.receive(body, headers.authorization, false, tolerance)).toMatchObject({ event: 'room_started' });
    const { createdAt } = JSON.parse(body) as { createdAt: string };
    expect(Math.abs(Number(createdAt) * 1000 - Date.now())).toBeGreaterThan(20_000);
  });

  it.each([
    ['clock-skew-future', 300_000],
    ['clock-skew-past', -300_000],
  ])('%s: the worker is minutes off too, and steady', async (name, skewMs) => {
    const stage = await createLiveStage({ script: { name } });
    const egressId = await recordOnce(stage);
    const [info] = await stage.egress.listEgress({ egressId });
    const [truth] = stage.simulator.egresses();
    const msOf = (nanos = 0n) => Number(nanos / 1_000_000n);
    const [file] = info?.fileResults ?? [];
    expect(msOf(file?.startedAt) - (truth?.liveFrom ?? 0)).toBe(skewMs);
    expect(msOf(file?.endedAt) - (truth?.liveTo ?? 0)).toBe(skewMs);
    expect(msOf(info?.endedAt) - (truth?.states.at(-1)?.at ?? 0)).toBe(skewMs);
    expect(msOf(file?.duration)).toBe((truth?.liveTo ?? 0) - (truth?.liveFrom ?? 0));
    expect(Math.abs((truth?.liveFrom ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('holds for the room it was set for, and until it is reset', async () => {
    const stage = await createLiveStage();
    stage.simulator.setScript({ name: 'lost-active' }, 'r');
    stage.simulator.setScript({ name: 'lost-ended' });
    await recordOnce(stage);
    await stage.sink.event('egress_ended');
    expect(sequence(stage.sink)).not.toContain(`egress_updated ${EGRESS_ACTIVE}`);
    stage.simulator.setScript(null, 'r');
    stage.simulator.setScript(null);
    await stage.egress.startRoomCompositeEgress('r', fileOutput('y'));
    const second = await stage.sink.event('egress_updated', EGRESS_ACTIVE);
    await stage.egress.stopEgress(second.egressInfo?.egressId ?? '');
    await stage.sink.event('egress_updated', EGRESS_ENDING);
    await stage.sink.event('egress_ended');
  });

  it('may be set while an egress runs: it then concerns what is still to come', async () => {
    const stage = await createLiveStage();
    const { egressId } = await stage.egress.startRoomCompositeEgress('r', fileOutput('x'));
    await stage.sink.event('egress_updated', EGRESS_ACTIVE);
    stage.simulator.setScript({ name: 'upload-failed' });
    await stage.egress.stopEgress(egressId);
    await stage.sink.event('egress_ended', EgressStatus.EGRESS_FAILED);
  });
});
