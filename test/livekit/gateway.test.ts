import { createServer, type AddressInfo } from 'node:net';

import {
  EgressStatus,
  ListParticipantsResponse,
  ListRoomsResponse,
  ParticipantInfo,
  ParticipantInfo_Kind,
  ParticipantInfo_State,
  Room,
} from '@livekit/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { LiveKitUnavailableError } from '../../src/errors.js';
import { createLiveKitGateway } from '../../src/livekit/gateway.js';
import type { LiveKitGateway } from '../../src/machines/ports/livekit-gateway.js';
import { buildEgressInfo, EGRESS_ID, egressJson, FILE_PATH } from './build-egress-info.js';
import { json, startScriptedLiveKit, twirpError, type ScriptedAnswer, type ScriptedLiveKit } from './scripted-livekit.js';

/** A time limit long enough for a call to reach the server. */
const SHORT_MS = 1_000;
const PREFIX = 'twirp error unknown: ';
/** An egress with a status that only a later LiveKit version may have. */
const LATER = { ...(egressJson() as object), status: 42 };
const WITH_CHARSET = 'application/json; charset=utf-8';
const PROXY_PAGE: ScriptedAnswer = { status: 503, type: 'text/html', body: '<html>\n<h1>Service Unavailable</h1></html>' };

let liveKit: ScriptedLiveKit;
let gateway: LiveKitGateway;

beforeAll(async () => {
  // The SDK logs an error body that it cannot parse to console.debug.
  vi.spyOn(console, 'debug').mockReturnValue();
  liveKit = await startScriptedLiveKit();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await liveKit.close();
});
beforeEach(() => {
  liveKit.calls.length = 0;
  gateway = gatewayTo(liveKit.url);
});

function gatewayTo(host: string): LiveKitGateway {
  const limits = { startMs: 30_000, stopMs: 30_000, lookMs: 30_000 };
  return createLiveKitGateway({ host, apiKey: 'devkey', apiSecret: 'secret', limits });
}

function impatientGateway(): LiveKitGateway {
  const limits = { startMs: SHORT_MS, stopMs: SHORT_MS, lookMs: SHORT_MS };
  return createLiveKitGateway({ host: liveKit.url, apiKey: 'devkey', apiSecret: 'secret', limits });
}

async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return `http://127.0.0.1:${port}`;
}

describe('startRoomComposite', () => {
  const start = async (to = gateway) => to.startRoomComposite({ roomName: 'room-1', filepath: FILE_PATH });

  it('requests one MP4 in the grid layout, without a manifest, at the given path', async () => {
    liveKit.answer = json(egressJson());
    expect(await start()).toMatchObject({
      kind: 'accepted',
      egress: { egressId: EGRESS_ID, status: 'STARTING', requestedPath: FILE_PATH },
    });
    expect(liveKit.calls).toHaveLength(1);
    expect(liveKit.calls[0]?.path).toBe('/twirp/livekit.Egress/StartRoomCompositeEgress');
    expect(liveKit.calls[0]?.body).toStrictEqual({
      roomName: 'room-1',
      layout: 'grid',
      fileOutputs: [{ fileType: 'MP4', filepath: FILE_PATH, disableManifest: true }],
    });
    expect(liveKit.calls[0]?.headers.authorization).toMatch(/^Bearer /);
  });

  it('accepts ws:// in place of http://', async () => {
    liveKit.answer = json(egressJson());
    expect(await start(gatewayTo(liveKit.url.replace('http', 'ws')))).toMatchObject({ kind: 'accepted' });
  });

  it.each<{ what: string; answer: ScriptedAnswer; outcome: object }>([
    {
      what: 'an unknown room',
      answer: twirpError(404, 'not_found', `${PREFIX}requested room does not exist`),
      outcome: { kind: 'refused', code: 'livekit', message: `${PREFIX}requested room does not exist` },
    },
    { what: 'a wrong address', answer: twirpError(404, 'bad_route'), outcome: { kind: 'refused', code: 'livekit' } },
    { what: 'an invalid request', answer: twirpError(400, 'invalid_argument'), outcome: { kind: 'refused', code: 'livekit' } },
    { what: 'a missing grant', answer: twirpError(401, 'unauthenticated'), outcome: { kind: 'refused', code: 'livekit' } },
    { what: 'a forbidden call', answer: twirpError(403, 'permission_denied'), outcome: { kind: 'refused', code: 'livekit' } },
    {
      what: 'an unknown key, in plain text',
      answer: { status: 401, type: 'text/plain; charset=utf-8', body: 'invalid API key' },
      outcome: { kind: 'refused', code: 'livekit', message: 'invalid API key' },
    },
    {
      what: 'no worker',
      answer: twirpError(503, 'unavailable', `${PREFIX}no response from servers`),
      outcome: { kind: 'no_capacity', message: `${PREFIX}no response from servers` },
    },
    {
      what: 'no worker, with a charset',
      answer: twirpError(503, 'unavailable', 'busy', WITH_CHARSET),
      outcome: { kind: 'no_capacity', message: 'busy' },
    },
    {
      what: "a proxy's 503",
      answer: PROXY_PAGE,
      outcome: { kind: 'unknown', message: '<html> <h1>Service Unavailable</h1></html>' },
    },
    { what: "a proxy's empty 502", answer: { status: 502 }, outcome: { kind: 'unknown', message: 'HTTP 502' } },
    { what: "a proxy's 504", answer: { status: 504, type: 'text/html', body: 'late' }, outcome: { kind: 'unknown' } },
    {
      what: 'a worker that failed',
      answer: twirpError(500, 'internal', 'handler failed to start'),
      outcome: { kind: 'handler_failed' },
    },
    {
      what: 'a plain Go error',
      answer: twirpError(500, 'unknown', 'could not find object'),
      outcome: { kind: 'handler_failed' },
    },
    { what: 'a broken error', answer: { status: 500, type: 'application/json', body: '{' }, outcome: { kind: 'handler_failed' } },
    { what: "LiveKit's own time-out", answer: twirpError(408, 'deadline_exceeded'), outcome: { kind: 'unknown' } },
    { what: 'an egress that exists', answer: twirpError(409, 'already_exists'), outcome: { kind: 'unknown' } },
    { what: 'too many calls', answer: twirpError(429, 'resource_exhausted'), outcome: { kind: 'unknown' } },
    { what: 'another 5xx', answer: twirpError(501, 'unimplemented'), outcome: { kind: 'unknown' } },
    { what: 'an answer without an id', answer: json({}), outcome: { kind: 'unknown' } },
    { what: 'a 200 of HTML', answer: { status: 200, type: 'text/html', body: '<html>' }, outcome: { kind: 'unknown' } },
    { what: 'a 200 of nothing', answer: { status: 200 }, outcome: { kind: 'unknown' } },
    { what: 'a field of the wrong type', answer: json({ egress_id: 7 }), outcome: { kind: 'unknown' } },
    {
      what: 'a status of a later LiveKit',
      answer: json(LATER),
      outcome: { kind: 'unknown' },
    },
    { what: 'a cut connection', answer: 'reset', outcome: { kind: 'unknown' } },
  ])('gives the outcome of $what', async ({ answer, outcome }) => {
    liveKit.answer = answer;
    expect(await start()).toMatchObject(outcome);
    expect(liveKit.calls).toHaveLength(1);
  });

  it.each(['hang', 'hang-body'] as const)(
    'gives the outcome unknown when LiveKit does not answer within the time limit (%s)',
    async (answer) => {
      liveKit.answer = answer;
      expect(await start(impatientGateway())).toMatchObject({ kind: 'unknown' });
      expect(liveKit.calls).toHaveLength(1);
    },
  );

  it.each([
    { what: 'a closed port', host: closedPort },
    { what: 'an unknown host name', host: async () => Promise.resolve('http://livekit.invalid:7880') },
    { what: 'an address without a scheme', host: async () => Promise.resolve('livekit') },
  ])('gives the outcome refused with the code unreachable for $what', async ({ host }) => {
    expect(await start(gatewayTo(await host()))).toMatchObject({ kind: 'refused', code: 'unreachable' });
  });
});

describe('stopEgress', () => {
  it.each<{ what: string; answer: ScriptedAnswer; outcome: object }>([
    {
      what: 'an egress that ends',
      answer: json(egressJson({ status: EgressStatus.EGRESS_ENDING })),
      outcome: { kind: 'stopping', egress: { status: 'ENDING' } },
    },
    {
      what: 'an egress that never recorded',
      answer: json(egressJson({ status: EgressStatus.EGRESS_ABORTED })),
      outcome: { kind: 'stopping', egress: { status: 'ABORTED' } },
    },
    {
      what: 'an egress that is over',
      answer: twirpError(412, 'failed_precondition', 'egress with status EGRESS_COMPLETE cannot be stopped'),
      outcome: { kind: 'already_over' },
    },
    {
      what: 'an unknown id',
      answer: twirpError(404, 'not_found', `${PREFIX}egress does not exist`),
      outcome: { kind: 'not_found' },
    },
    {
      what: 'an unknown id, with a charset',
      answer: twirpError(404, 'not_found', '', WITH_CHARSET),
      outcome: { kind: 'not_found' },
    },
    {
      what: 'a dead host',
      answer: twirpError(408, 'deadline_exceeded', `${PREFIX}request timed out`),
      outcome: { kind: 'no_answer' },
    },
    {
      what: 'a dead host of an older LiveKit',
      answer: twirpError(503, 'unavailable', 'no response from servers'),
      outcome: { kind: 'no_answer' },
    },
  ])('gives the outcome of $what', async ({ answer, outcome }) => {
    liveKit.answer = answer;
    expect(await gateway.stopEgress(EGRESS_ID)).toMatchObject(outcome);
    expect(liveKit.calls.map(({ path, body }) => ({ path, body }))).toStrictEqual([
      { path: '/twirp/livekit.Egress/StopEgress', body: { egressId: EGRESS_ID } },
    ]);
  });

  it.each<{ what: string; answer: ScriptedAnswer }>([
    { what: "a proxy's 503", answer: PROXY_PAGE },
    { what: "a proxy's 404", answer: { status: 404, type: 'text/html', body: 'Not Found' } },
    { what: 'a wrong address', answer: twirpError(404, 'bad_route') },
    { what: 'LiveKit without Redis', answer: twirpError(500, 'internal', `${PREFIX}egress not connected (redis required)`) },
    { what: 'wrong credentials', answer: { status: 401, type: 'text/plain', body: 'invalid API key' } },
    { what: 'a call that was cancelled', answer: twirpError(408, 'canceled') },
    { what: 'a 200 of HTML', answer: { status: 200, type: 'text/html', body: '<html>' } },
    { what: 'an empty object', answer: json({}) },
    { what: 'a cut connection', answer: 'reset' },
  ])('throws LiveKitUnavailableError, instead of an outcome, on $what', async ({ answer }) => {
    liveKit.answer = answer;
    await expect(gateway.stopEgress(EGRESS_ID)).rejects.toThrow(LiveKitUnavailableError);
  });

  it('says which variables to compare when LiveKit refuses the key', async () => {
    liveKit.answer = { status: 401, type: 'text/plain', body: 'invalid API key: devkey' };
    const message = expect.stringContaining('compare LIVEKIT_API_KEY and LIVEKIT_API_SECRET') as string;
    const expected = { code: 'livekit.key_refused', retryable: true, refused: true, message };
    for (const call of [gateway.stopEgress(EGRESS_ID), gateway.listRooms(), gateway.listEgress(), gateway.listParticipants('a')])
      await expect(call).rejects.toMatchObject(expected);
  });

  it('throws LiveKitUnavailableError, instead of an outcome, when LiveKit does not answer', async () => {
    liveKit.answer = 'hang';
    await expect(impatientGateway().stopEgress(EGRESS_ID)).rejects.toThrow(LiveKitUnavailableError);
  });

  it('throws a retryable LiveKitUnavailableError on a closed port', async () => {
    const away = gatewayTo(await closedPort());
    await expect(away.stopEgress(EGRESS_ID)).rejects.toMatchObject({
      code: 'livekit.unavailable',
      retryable: true,
      details: { kind: 'unreachable' },
    });
  });
});

describe('findEgress', () => {
  it('reads one egress', async () => {
    liveKit.answer = json({ items: [egressJson({ status: EgressStatus.EGRESS_ACTIVE })] });
    expect(await gateway.findEgress(EGRESS_ID)).toMatchObject({ egressId: EGRESS_ID, status: 'ACTIVE' });
    expect(liveKit.calls[0]?.body).toStrictEqual({ egressId: EGRESS_ID });
  });

  it('gives undefined when LiveKit answers 404', async () => {
    liveKit.answer = twirpError(404, 'not_found', `${PREFIX}egress does not exist`);
    expect(await gateway.findEgress(EGRESS_ID)).toBeUndefined();
  });

  it.each<{ what: string; answer: ScriptedAnswer }>([
    { what: "a proxy's 404", answer: { status: 404, type: 'text/html', body: 'Not Found' } },
    { what: 'an empty list', answer: json({ items: [] }) },
    { what: 'an empty object', answer: json({}) },
    { what: 'a status of a later LiveKit', answer: json({ items: [LATER] }) },
    { what: 'a 500', answer: twirpError(500, 'unknown') },
  ])('throws LiveKitUnavailableError, instead of reporting no egress, on $what', async ({ answer }) => {
    liveKit.answer = answer;
    await expect(gateway.findEgress(EGRESS_ID)).rejects.toThrow(LiveKitUnavailableError);
  });

  it("throws when the caller's time limit is over", async () => {
    liveKit.answer = 'hang';
    await expect(gateway.findEgress(EGRESS_ID, 30)).rejects.toMatchObject({
      code: 'livekit.unavailable',
      cause: { name: 'TimeoutError' },
    });
  });

  // The SDK turns 1.001 s into 1000.9999999999999 ms, which Node refuses as a time-out.
  it('accepts a time limit of any number of milliseconds', async () => {
    liveKit.answer = json({ items: [egressJson()] });
    for (const timeoutMs of [1_001, 1_003, 2_049.5]) expect(await gateway.findEgress(EGRESS_ID, timeoutMs)).toBeDefined();
  });
});

describe('listEgress', () => {
  it('passes the filter on and leaves out the egresses that it cannot decode', async () => {
    const foreign = buildEgressInfo({ egressId: 'EG_stream', fileResults: [] });
    liveKit.answer = json({ items: [egressJson(), { ...LATER, egress_id: 'EG_later' }, foreign.toJson()] });
    expect((await gateway.listEgress({ roomName: 'room-1', active: true })).map(({ egressId }) => egressId)).toStrictEqual([
      EGRESS_ID,
    ]);
    expect(liveKit.calls[0]?.body).toStrictEqual({ roomName: 'room-1', active: true });
  });

  it('lists everything without a filter', async () => {
    liveKit.answer = json({ items: null, next_page_token: null });
    expect(await gateway.listEgress()).toStrictEqual([]);
    expect(liveKit.calls[0]?.body).toStrictEqual({});
  });

  it.each<{ what: string; answer: ScriptedAnswer }>([
    { what: 'LiveKit without Redis', answer: twirpError(500, 'internal') },
    { what: "a proxy's page", answer: PROXY_PAGE },
    { what: 'a 200 of HTML', answer: { status: 200, type: 'text/html', body: '<html>' } },
    { what: 'a 404', answer: twirpError(404, 'bad_route') },
    { what: 'a cut connection', answer: 'reset' },
  ])('throws LiveKitUnavailableError on $what', async ({ answer }) => {
    liveKit.answer = answer;
    await expect(gateway.listEgress()).rejects.toThrow(LiveKitUnavailableError);
  });
});

describe('the LiveKit gateway for rooms', () => {
  it('lists rooms by name', async () => {
    const rooms = [new Room({ sid: 'RM_1', name: 'a', metadata: 'ours', activeRecording: true })];
    liveKit.answer = json(new ListRoomsResponse({ rooms }).toJson({ emitDefaultValues: true, useProtoFieldName: true }));
    expect(await gateway.listRooms(['a', 'b'])).toStrictEqual([
      { name: 'a', sid: 'RM_1', metadata: 'ours', participants: 0, activeRecording: true },
    ]);
    expect(liveKit.calls[0]?.body).toStrictEqual({ names: ['a', 'b'] });
  });

  it('lists every room when no names are given, and no room for an empty list of names', async () => {
    liveKit.answer = json({ rooms: [{ name: 'a' }] });
    expect(await gateway.listRooms()).toHaveLength(1);
    expect(await gateway.listRooms([])).toStrictEqual([]);
    expect(liveKit.calls).toHaveLength(1);
  });

  it.each<[string, ConstructorParameters<typeof ParticipantInfo>[0], boolean]>([
    ['a person, whatever the identity', { identity: 'EG_me', kind: ParticipantInfo_Kind.STANDARD }, true],
    ['a telephone', { kind: ParticipantInfo_Kind.SIP }, true],
    ['an ingested stream', { kind: ParticipantInfo_Kind.INGRESS }, true],
    ['somebody who is joining', { state: ParticipantInfo_State.JOINING }, true],
    ['a recorder', { kind: ParticipantInfo_Kind.EGRESS }, false],
    ['a recorder of an old LiveKit', { permission: { recorder: true } }, false],
    ['an agent', { kind: ParticipantInfo_Kind.AGENT }, false],
    ['a hidden participant', { permission: { hidden: true } }, false],
    ['a disconnected participant', { state: ParticipantInfo_State.DISCONNECTED }, false],
  ])('tells somebody from nobody by the fields that LiveKit sets: %s', async (_who, members, isSomebody) => {
    const participant = new ParticipantInfo({ identity: 'a', ...members });
    liveKit.answer = json(new ListParticipantsResponse({ participants: [participant] }).toJson());
    expect(await gateway.listParticipants('room-1')).toStrictEqual([{ identity: participant.identity, isSomebody }]);
  });

  it('finds no participants in an unknown room, and deleting that room succeeds', async () => {
    liveKit.answer = twirpError(404, 'not_found', `${PREFIX}requested room does not exist`);
    expect(await gateway.listParticipants('gone')).toStrictEqual([]);
    await expect(gateway.deleteRoom('gone')).resolves.toBeUndefined();
  });

  it('deletes a room', async () => {
    liveKit.answer = json({});
    await gateway.deleteRoom('room-1');
    expect(liveKit.calls[0]).toMatchObject({ path: '/twirp/livekit.RoomService/DeleteRoom', body: { room: 'room-1' } });
  });

  it.each<{ what: string; call: () => Promise<unknown> }>([
    { what: 'listRooms', call: async () => gateway.listRooms() },
    { what: 'listParticipants', call: async () => gateway.listParticipants('room-1') },
    { what: 'deleteRoom', call: async () => gateway.deleteRoom('room-1') },
  ])('throws LiveKitUnavailableError from $what when LiveKit fails', async ({ call }) => {
    for (const answer of [twirpError(500, 'unknown'), twirpError(503, 'unavailable'), PROXY_PAGE, 'reset'] as const) {
      liveKit.answer = answer;
      await expect(call()).rejects.toThrow(LiveKitUnavailableError);
    }
  });
});
