import { createHash, createHmac } from 'node:crypto';

import { EgressStatus, ParticipantInfo, Room, WebhookEvent } from '@livekit/protocol';
import { describe, expect, it } from 'vitest';

import { createWebhookVerifier } from '../../src/livekit/webhook-verifier.js';
import { buildEgressInfo, EGRESS_ID } from './build-egress-info.js';

const KEY = 'devkey';
const SECRET = 'a secret of some length for tests';
const verifier = createWebhookVerifier({ apiKey: KEY, apiSecret: SECRET });

const nowSeconds = () => Math.floor(Date.now() / 1000);
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Creates a token as LiveKit does. A claim given as undefined is left out. */
function sign(body: string, claims: Record<string, unknown> = {}, secret = SECRET): string {
  const now = nowSeconds();
  const sha256 = createHash('sha256').update(body).digest('base64');
  const signed = `${base64url({ alg: 'HS256' })}.${base64url({ iss: KEY, iat: now, nbf: now, exp: now + 300, sha256, ...claims })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function bodyOf(event: ConstructorParameters<typeof WebhookEvent>[0]): string {
  return new WebhookEvent({ id: 'EV_aBcDeFgHiJkL', createdAt: 1_795_355_483n, ...event }).toJsonString();
}

const verify = async (body: string, authorization: string | undefined = sign(body)) =>
  (await verifier.verify(authorization))(body);
const started = bodyOf({
  event: 'egress_started',
  room: new Room({ sid: 'RM_1', name: 'room-1' }),
  egressInfo: buildEgressInfo(),
});

describe('a genuine webhook', () => {
  it('is an egress event, with the status STARTING when LiveKit leaves the status out', async () => {
    expect(started).not.toContain('EGRESS_STARTING');
    expect(await verify(started)).toMatchObject({
      kind: 'egress',
      name: 'egress_started',
      egress: { egressId: EGRESS_ID, status: 'STARTING' },
    });
  });

  it.each(['egress_updated', 'egress_ended'])('is an egress event (%s)', async (event) => {
    const body = bodyOf({ event, egressInfo: buildEgressInfo({ status: EgressStatus.EGRESS_ENDING }) });
    expect(await verify(body)).toMatchObject({ kind: 'egress', name: event, egress: { status: 'ENDING' } });
  });

  it.each(['room_started', 'room_finished'])('is a room event (%s)', async (event) => {
    const room = new Room({ sid: 'RM_1', name: 'room-1', metadata: 'ours', turnPassword: 'hidden' });
    expect(await verify(bodyOf({ event, room }))).toStrictEqual({
      kind: event,
      room: { sid: 'RM_1', name: 'room-1', metadata: 'ours', participants: 0, activeRecording: false },
    });
  });

  it.each([
    {
      what: 'an event of a participant',
      event: { event: 'participant_joined', participant: new ParticipantInfo({ identity: 'a' }) },
    },
    { what: 'an event of a later LiveKit', event: { event: 'egress_paused', egressInfo: buildEgressInfo() } },
    {
      what: 'an auto egress that failed, without an id',
      event: { event: 'egress_ended', egressInfo: buildEgressInfo({ egressId: '' }) },
    },
    { what: 'an egress event without an egress', event: { event: 'egress_updated' } },
    { what: 'a room event without a room', event: { event: 'room_finished' } },
  ])('is ignored: $what', async ({ event }) => {
    expect(await verify(bodyOf(event))).toStrictEqual({ kind: 'ignored', name: event.event });
  });

  it.each(['', '{', '[]', 'null', '{"event":7}', '{"event":"egress_updated","egressInfo":{"startedAt":{}}}'])(
    'is ignored when its body cannot be read: %s',
    async (body) => {
      expect(await verify(body)).toStrictEqual({ kind: 'ignored', name: '' });
    },
  );

  it('with null members is read as if it had none of them', async () => {
    const body =
      '{"event":"room_started","id":null,"createdAt":null,"egressInfo":null,"room":{"name":"a","sid":null,"metadata":null}}';
    expect(await verify(body)).toMatchObject({ kind: 'room_started', room: { name: 'a', sid: '', metadata: '' } });
  });

  it('is verified over its exact bytes, including white space and non-ASCII text', async () => {
    const body = `{ "event" :"room_started",\n"room": {"name":"Besprechung größer ☎", "sid":"RM_1"}, "later": {"x": 1} }`;
    expect(await verify(body)).toMatchObject({ kind: 'room_started', room: { name: 'Besprechung größer ☎' } });
  });

  it.each([
    { what: 'nbf 50 s ahead', claims: () => ({ nbf: nowSeconds() + 50 }) },
    { what: 'exp 50 s ago', claims: () => ({ exp: nowSeconds() - 50 }) },
  ])('is accepted although the clocks differ: $what', async ({ claims }) => {
    expect(await verify(started, sign(started, claims()))).toMatchObject({ kind: 'egress' });
  });
});

describe('the webhook verifier', () => {
  it.each<{ what: string; authorization: () => string | undefined }>([
    { what: 'without a token', authorization: () => undefined },
    { what: 'with an empty token', authorization: () => '' },
    { what: 'with text that is not a token', authorization: () => 'devkey:secret' },
    { what: 'with a Bearer prefix', authorization: () => `Bearer ${sign(started)}` },
    { what: 'signed with another secret', authorization: () => sign(started, {}, 'another secret of some length') },
    { what: 'signed by another key', authorization: () => sign(started, { iss: 'other' }) },
    { what: 'signed for another body', authorization: () => sign(`${started} `) },
    { what: 'signed without a hash of the body', authorization: () => sign(started, { sha256: undefined }) },
    { what: 'with a hash that is a number', authorization: () => sign(started, { sha256: 7 }) },
    { what: 'without an expiry', authorization: () => sign(started, { exp: undefined }) },
    { what: 'after it has expired', authorization: () => sign(started, { exp: nowSeconds() - 90 }) },
    { what: 'before it is valid', authorization: () => sign(started, { nbf: nowSeconds() + 90 }) },
    { what: 'without its signature', authorization: () => sign(started).replace(/\.[^.]*$/, '.') },
    {
      what: 'with the algorithm "none"',
      authorization: () => `${base64url({ alg: 'none' })}.${base64url({ iss: KEY, exp: nowSeconds() + 300 })}.`,
    },
  ])('rejects a webhook $what', async ({ authorization }) => {
    await expect(verifier.verify(authorization()).then((read) => read(started))).rejects.toMatchObject({
      code: 'webhook.rejected',
      kind: 'unauthorized',
      retryable: false,
    });
  });

  it.each([
    { what: 'another secret', token: () => sign(started, {}, 'another secret of some length'), reason: 'LIVEKIT_API_SECRET' },
    { what: 'another key', token: () => sign(started, { iss: 'other' }), reason: 'LIVEKIT_API_KEY' },
    {
      what: 'an expired token',
      token: () => sign(started, { exp: nowSeconds() - 90 }),
      reason: 'has expired: compare the clocks',
    },
    {
      what: 'a token of tomorrow',
      token: () => sign(started, { nbf: nowSeconds() + 90 }),
      reason: 'not valid yet: compare the clocks',
    },
    { what: 'no token of LiveKit', token: () => 'devkey:secret', reason: 'not made by LiveKit' },
  ])('judges the token without the body, and says why it refuses $what', async ({ token, reason }) => {
    await expect(verifier.verify(token())).rejects.toThrow(reason);
  });

  it('rejects a webhook with an unreadable body and a signature for another body', async () => {
    await expect(verify('{', sign('}'))).rejects.toMatchObject({ code: 'webhook.rejected' });
  });
});
