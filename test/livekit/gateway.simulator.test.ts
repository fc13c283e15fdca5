import { EgressStatus } from '@livekit/protocol';
import { describe, expect, it } from 'vitest';

import { createLiveKitGateway } from '../../src/livekit/gateway.js';
import { createWebhookVerifier } from '../../src/livekit/webhook-verifier.js';
import type { ScriptRequest } from '../../src/simulator/index.js';
import { API_KEY, API_SECRET, createLiveStage, type Arrival } from '../simulator/support.js';

const REQUEST = { roomName: 'r', filepath: 'recordings/r/r--uid1.mp4' };
const verifier = createWebhookVerifier({ apiKey: API_KEY, apiSecret: API_SECRET });

async function stage(script?: ScriptRequest) {
  const live = await createLiveStage(script === undefined ? {} : { script });
  const limits = { startMs: 30_000, stopMs: 30_000, lookMs: 30_000 };
  return { ...live, gateway: createLiveKitGateway({ host: live.simulator.url, apiKey: API_KEY, apiSecret: API_SECRET, limits }) };
}

const verify = async ({ body, headers }: Arrival) => (await verifier.verify(headers.authorization))(body);

describe('an egress on the simulator', () => {
  it('is started, reported by webhooks, stopped, and found with the status COMPLETE', async () => {
    const { gateway, sink } = await stage();
    const started = await gateway.startRoomComposite(REQUEST);
    if (started.kind !== 'accepted') throw new Error(`The start was answered with ${started.kind}`);
    const { egressId } = started.egress;
    expect(started.egress).toMatchObject({
      status: 'STARTING',
      requestedPath: REQUEST.filepath,
      file: { filename: REQUEST.filepath },
    });

    await sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    expect(await gateway.listEgress({ roomName: 'r', active: true })).toMatchObject([{ egressId, status: 'ACTIVE' }]);
    expect(await gateway.listRooms(['r', 'none'])).toMatchObject([{ name: 'r' }]);
    expect(await gateway.listParticipants('r')).toStrictEqual(
      expect.arrayContaining([
        { identity: 'ada', isSomebody: true },
        { identity: egressId, isSomebody: false },
      ]),
    );

    expect(await gateway.stopEgress(egressId)).toMatchObject({ kind: 'stopping', egress: { egressId, status: 'ENDING' } });
    await sink.event('egress_ended');
    const ended = await gateway.findEgress(egressId);
    expect(ended).toMatchObject({ status: 'COMPLETE', details: 'End reason: StopEgress API' });
    expect(ended?.file?.size).toBeGreaterThan(0);
    expect(ended?.file?.duration).toBeGreaterThan(0);
    expect(await gateway.stopEgress(egressId)).toStrictEqual({ kind: 'already_over' });

    const events = await Promise.all(sink.arrivals.map(verify));
    const statuses = events.flatMap((event) => (event.kind === 'egress' ? [event.egress.status] : []));
    expect(statuses).toStrictEqual(['STARTING', 'ACTIVE', 'ENDING', 'COMPLETE']);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'room_started' }));
    expect(events).toContainEqual({ kind: 'ignored', name: 'participant_joined' });
  });

  it('is not found, and cannot be stopped, under an id that LiveKit does not know', async () => {
    const { gateway } = await stage();
    expect(await gateway.findEgress('EG_unknown')).toBeUndefined();
    expect(await gateway.stopEgress('EG_unknown')).toStrictEqual({ kind: 'not_found' });
    expect(await gateway.listParticipants('none')).toStrictEqual([]);
    await expect(gateway.deleteRoom('none')).resolves.toBeUndefined();
  });
});

describe('a start on the simulator', () => {
  it.each<{ script: ScriptRequest; outcome: object }>([
    { script: { name: 'room-not-found' }, outcome: { kind: 'refused', code: 'livekit' } },
    { script: { name: 'invalid-request' }, outcome: { kind: 'refused', code: 'livekit' } },
    { script: { name: 'api-401' }, outcome: { kind: 'refused', code: 'livekit' } },
    { script: { name: 'no-capacity' }, outcome: { kind: 'no_capacity' } },
    { script: { name: 'api-json-charset' }, outcome: { kind: 'no_capacity' } },
    { script: { name: 'start-handler-failed' }, outcome: { kind: 'handler_failed' } },
    { script: { name: 'already-exists' }, outcome: { kind: 'unknown' } },
    { script: { name: 'api-429' }, outcome: { kind: 'unknown' } },
    { script: { name: 'api-503-html' }, outcome: { kind: 'unknown' } },
    { script: { name: 'api-reset' }, outcome: { kind: 'unknown' } },
    { script: { name: 'api-200-garbage' }, outcome: { kind: 'unknown' } },
    { script: { name: 'api-200-empty-object' }, outcome: { kind: 'unknown' } },
    { script: { name: 'api-unknown-enum', status: 42 }, outcome: { kind: 'unknown' } },
    { script: { name: 'happy' }, outcome: { kind: 'accepted' } },
  ])('under the script $script gives $outcome', async ({ script, outcome }) => {
    const { gateway } = await stage(script);
    expect(await gateway.startRoomComposite(REQUEST)).toMatchObject(outcome);
  });
});

describe('a webhook of the simulator', () => {
  it.each(['bad-signature', 'wrong-key', 'tampered-body', 'bearer-prefix', 'no-exp'])(
    'that is forged (%s) is rejected',
    async (name) => {
      const { gateway, sink } = await stage({ name, event: 'egress_started' });
      await gateway.startRoomComposite(REQUEST);
      const forged = await sink.next(({ event }) => event === undefined);
      await expect(verify(forged)).rejects.toMatchObject({ code: 'webhook.rejected' });
    },
  );

  it('of a host whose clock is ahead is accepted', async () => {
    const { gateway, sink } = await stage({ name: 'clock-skew-future', event: 'egress_started' });
    await gateway.startRoomComposite(REQUEST);
    const early = await sink.next(({ event, body }) => event === undefined && body.includes('egress_started'));
    expect(await verify(early)).toMatchObject({ kind: 'egress', egress: { status: 'STARTING' } });
  });
});
