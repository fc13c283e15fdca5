import { createServer } from 'node:http';
import { EgressInfo, ListEgressResponse, ListRoomsResponse, RoomCompositeEgressRequest, RoomEgress } from '@livekit/protocol';
import { AccessToken, EgressClient, EgressStatus, type RoomServiceClient, type RoomCompositeOptions } from 'livekit-server-sdk';
import { describe, expect, it } from 'vitest';
import { signToken } from '../../src/simulator/wire/token.js';
import { API_KEY, API_SECRET, ENDLESS_MS, FROZEN, createLiveStage, createStage, fileOutput, refusal } from './support.js';

const PREFIX = 'twirp error unknown: ';

/** A call without the SDK. */
async function post(url: string, options: { headers?: Record<string, string>; body?: string; method?: string } = {}) {
  const { headers, body = '{}', method = 'POST' } = options;
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'GET' ? {} : { body }),
  });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

async function token(grant: object, secret = API_SECRET, key = API_KEY): Promise<{ authorization: string }> {
  const access = new AccessToken(key, secret, { ttl: 600 });
  access.addGrant(grant);
  return { authorization: `Bearer ${await access.toJwt()}` };
}

describe('the transport', () => {
  it('answers in snake_case with every default, and null for what is unset', async () => {
    const { simulator } = await createLiveStage();
    const answer = await post(`${simulator.url}/twirp/livekit.Egress/StartRoomCompositeEgress`, {
      headers: await token({ roomRecord: true }),
      body: JSON.stringify({ room_name: 'r', layout: 'grid', fileOutputs: [{ fileType: 1, filepath: 'x' }], unknown: 1 }),
    });
    expect(answer).toMatchObject({ status: 200, type: 'application/json' });
    expect(JSON.parse(answer.body)).toMatchObject({
      room_name: 'r',
      status: 'EGRESS_STARTING',
      source_type: 'EGRESS_SOURCE_TYPE_WEB',
      ended_at: '0',
      error: '',
      error_code: 0,
      stream_results: [],
      started_at: expect.stringMatching(/^\d{19}$/),
      room_composite: {
        layout: 'grid',
        audio_only: false,
        file_outputs: [{ file_type: 'MP4', filepath: 'x', disable_manifest: false }],
      },
      file: { filename: 'x.mp4', size: '0', location: '' },
    });
    const room = await post(`${simulator.url}/twirp/livekit.RoomService/ListRooms`, { headers: await token({ roomList: true }) });
    expect(JSON.parse(room.body)).toMatchObject({
      rooms: [{ name: 'r', version: null, creation_time: expect.stringMatching(/^\d+$/) }],
    });
  });

  it('echoes the request without its secrets', async () => {
    const { simulator } = await createLiveStage();
    const answer = await post(`${simulator.url}/twirp/livekit.Egress/StartRoomCompositeEgress`, {
      headers: await token({ roomRecord: true }),
      body: JSON.stringify({
        roomName: 'r',
        fileOutputs: [{ filepath: 'x.mp4', s3: { accessKey: 'AK', secret: 'hush', bucket: 'b' } }],
      }),
    });
    expect(JSON.parse(answer.body)).toMatchObject({
      room_composite: {
        file_outputs: [{ filepath: 'x.mp4', s3: { access_key: '{access_key}', secret: '{secret}', bucket: 'b' } }],
      },
    });
  });

  it.each([
    ['an unknown method', '/twirp/livekit.Egress/Nope', {}],
    ['an unknown service', '/twirp/livekit.Nope/ListEgress', {}],
    ['another verb', '/twirp/livekit.Egress/ListEgress', { method: 'GET' }],
    ['another content type', '/twirp/livekit.Egress/ListEgress', { headers: { 'content-type': 'text/plain' } }],
  ])('calls %s a bad route', async (_, path, options) => {
    const { simulator } = await createStage();
    const answer = await post(simulator.url + path, options);
    expect(answer).toMatchObject({ status: 404, type: 'application/json' });
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'bad_route',
      meta: { twirp_invalid_route: `${'method' in options ? options.method : 'POST'} ${path}` },
    });
  });

  it('takes a doubled slash, and tells that it is healthy', async () => {
    const { simulator } = await createStage();
    expect(
      (await post(`${simulator.url}//twirp/livekit.RoomService/ListRooms`, { headers: await token({ roomList: true }) })).status,
    ).toBe(200);
    expect(await post(simulator.url, { method: 'GET' })).toMatchObject({ status: 200, body: 'OK' });
  });

  it('speaks protobuf to those who do: the same answers, and errors in JSON', async () => {
    const { simulator, rooms } = await createLiveStage();
    const call = async (method: string, grant: object, body: Uint8Array<ArrayBuffer>) => {
      const response = await fetch(`${simulator.url}/twirp/livekit.${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/protobuf', ...(await token(grant)) },
        body,
      });
      return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
    };
    const empty = new Uint8Array();
    const listed = await call('RoomService/ListRooms', { roomList: true }, empty);
    expect(listed.response.headers.get('content-type')).toBe('application/protobuf');
    expect(ListRoomsResponse.fromBinary(listed.bytes).rooms).toEqual(await rooms.listRooms());
    const request = new RoomCompositeEgressRequest({ roomName: 'r', layout: 'grid', fileOutputs: [{ filepath: 'x' }] });
    const started = await call('Egress/StartRoomCompositeEgress', { roomRecord: true }, new Uint8Array(request.toBinary()));
    expect(EgressInfo.fromBinary(started.bytes)).toMatchObject({
      roomName: 'r',
      request: { case: 'roomComposite', value: request },
    });
    const refused = await call('Egress/StopEgress', { roomRecord: true }, empty);
    expect(refused.response.headers.get('content-type')).toBe('application/json');
    expect(JSON.parse(Buffer.from(refused.bytes).toString())).toMatchObject({ code: 'not_found' });
    simulator.setScript({ name: 'api-200-empty-object', times: 1 });
    const nothing = await call('Egress/StopEgress', { roomRecord: true }, empty);
    expect([nothing.response.status, nothing.bytes.length]).toEqual([200, 0]);
    simulator.setScript({ name: 'api-unknown-enum', status: 42 });
    const future = await call('Egress/ListEgress', { roomRecord: true }, empty);
    expect(ListEgressResponse.fromBinary(future.bytes).items).toMatchObject([{ status: 42 }]);
    simulator.setScript(null);
    const broken = await call('RoomService/ListRooms', { roomList: true }, new Uint8Array([0x0a, 0x7f]));
    expect(JSON.parse(Buffer.from(broken.bytes).toString())).toMatchObject({ code: 'malformed' });
  });

  it('refuses a body that is not JSON, and one that is too large', async () => {
    const { simulator } = await createStage();
    const url = `${simulator.url}/twirp/livekit.RoomService/ListRooms`;
    const headers = await token({ roomList: true });
    expect(JSON.parse((await post(url, { headers, body: '{' })).body)).toMatchObject({ code: 'malformed' });
    expect((await post(url, { headers, body: `"${'x'.repeat(11_000_000)}"` })).status).toBe(413);
  });
});

describe('authorization', () => {
  const past = new AccessToken(API_KEY, API_SECRET, { ttl: -120 });
  const list = (url: string, headers?: Record<string, string>) =>
    post(`${url}/twirp/livekit.Egress/ListEgress`, headers ? { headers } : {});

  it('answers 401 in Twirp JSON when there is no header or no grant', async () => {
    const { simulator } = await createStage();
    const denied = { status: 401, type: 'application/json', body: '{"code":"unauthenticated","msg":"permissions denied"}' };
    expect(await list(simulator.url)).toEqual(denied);
    expect(await list(simulator.url, await token({ roomList: true }))).toEqual(denied);
    const otherRoom = await token({ roomAdmin: true, room: 'other' });
    expect(
      await post(`${simulator.url}/twirp/livekit.RoomService/ListParticipants`, { headers: otherRoom, body: '{"room":"r"}' }),
    ).toEqual(denied);
  });

  it('answers 401 in plain text when the token is no good', async () => {
    const { simulator } = await createStage();
    const refused = { status: 401, type: 'text/plain; charset=utf-8' };
    expect(await list(simulator.url, { authorization: 'Basic x' })).toEqual({
      ...refused,
      body: 'invalid authorization header. Must start with Bearer ',
    });
    expect(await list(simulator.url, { authorization: 'Bearer rubbish' })).toEqual({
      ...refused,
      body: 'invalid authorization token',
    });
    const grant = { roomRecord: true };
    expect(await list(simulator.url, await token(grant, API_SECRET, 'nobody'))).toEqual({ ...refused, body: 'invalid API key' });
    expect((await list(simulator.url, await token(grant, 'another secret'))).body).toMatch(/^invalid authorization token: /);
    const now = Math.floor(Date.now() / 1000);
    const early = signToken({ iss: API_KEY, nbf: now + 120, exp: now + 600, video: grant }, API_SECRET);
    expect((await list(simulator.url, { authorization: `Bearer ${early}` })).body).toMatch(/not valid yet/);
    const skewed = signToken({ iss: API_KEY, nbf: now + 50, exp: now + 600, video: grant }, API_SECRET);
    expect((await list(simulator.url, { authorization: `Bearer ${skewed}` })).status).toBe(200);
    const endless = signToken({ iss: API_KEY, video: grant }, API_SECRET);
    expect((await list(simulator.url, { authorization: `Bearer ${endless}` })).body).toMatch(/exp/);
    past.addGrant(grant);
    expect((await list(simulator.url, { authorization: `Bearer ${await past.toJwt()}` })).body).toMatch(
      /^invalid authorization token: .*expired/,
    );
  });

  it('shows through the SDK as an error with or without a code', async () => {
    const { simulator } = await createStage();
    const wrongKey = new EgressClient(simulator.url, 'nobody', API_SECRET);
    expect(await refusal(wrongKey.listEgress())).toEqual({
      name: 'Unauthorized',
      status: 401,
      code: undefined,
      message: 'invalid API key',
    });
    const listOnly = new AccessToken(API_KEY, API_SECRET, { ttl: 600 });
    listOnly.addGrant({ roomList: true });
    const noGrant = new EgressClient(simulator.url, API_KEY, API_SECRET, { token: await listOnly.toJwt() });
    expect(await refusal(noGrant.listEgress())).toMatchObject({
      status: 401,
      code: 'unauthenticated',
      message: 'permissions denied',
    });
  });
});

describe('RoomService', () => {
  it('creates a room once, lists it, and deletes it with everybody in it', async () => {
    const { rooms, sink, simulator } = await createStage();
    const room = await rooms.createRoom({ name: 'r', metadata: 'm', emptyTimeout: 3000 });
    expect(room).toMatchObject({ name: 'r', metadata: 'm', emptyTimeout: 3000, departureTimeout: 20, numParticipants: 0 });
    expect(room.sid).toMatch(/^RM_/);
    expect(await rooms.createRoom({ name: 'r', metadata: 'ignored' })).toEqual(room);
    expect((await sink.event('room_started')).room).toEqual(room);
    simulator.join('r', { identity: 'ada', name: 'Ada', publish: true });
    expect(
      (await rooms.listRooms(['r', 'unknown'])).map(({ numParticipants, numPublishers }) => [numParticipants, numPublishers]),
    ).toEqual([[1, 1]]);
    await rooms.deleteRoom('r');
    expect((await sink.event('participant_left')).participant).toMatchObject({ identity: 'ada', disconnectReason: 5 });
    expect((await sink.event('room_finished')).room?.sid).toBe(room.sid);
    expect(await rooms.listRooms()).toEqual([]);
  });

  it('sends the whole room with participants, and stubs with tracks', async () => {
    const { sink, simulator } = await createStage();
    simulator.join('r', { identity: 'ada', name: 'Ada', publish: true });
    const joined = await sink.event('participant_joined');
    expect(joined.participant).toMatchObject({ identity: 'ada', name: 'Ada', permission: { canPublish: true } });
    expect(joined.room?.turnPassword).not.toBe('');
    const published = await sink.event('track_published');
    expect(published.room).toMatchObject({ name: 'r', turnPassword: '' });
    expect(published.participant).toMatchObject({ identity: 'ada', name: '' });
    expect(published.track?.sid).toMatch(/^TR_VC/);
    simulator.leave('r', 'ada');
    await sink.event('track_unpublished');
    expect((await sink.event('participant_left')).participant).toMatchObject({ identity: 'ada', disconnectReason: 1 });
  });

  it('closes a room that everybody has left, and one that nobody ever joined', async () => {
    const { rooms, sink, simulator } = await createStage({ speed: 1000 });
    simulator.join('left', { identity: 'ada' });
    simulator.leave('left', 'ada');
    expect((await sink.event('room_finished')).room?.name).toBe('left');
    await rooms.createRoom({ name: 'empty', emptyTimeout: 10 });
    expect((await sink.event('room_finished')).room?.name).toBe('empty');
  });

  it('waits as long as the room was told to, once for those who left and once for those who never came', async () => {
    const { rooms, sink, simulator } = await createStage();
    await rooms.createRoom({ name: 'left', emptyTimeout: 1_000_000, departureTimeout: 1 });
    simulator.join('left', { identity: 'ada' });
    simulator.leave('left', 'ada');
    expect((await sink.event('room_finished')).room?.name).toBe('left');
  });

  it('does not close a room because of the one that had its name before', async () => {
    const { rooms, simulator, sink } = await createStage({ speed: FROZEN });
    await rooms.createRoom({ name: 'r', emptyTimeout: 10 });
    await rooms.deleteRoom('r');
    await rooms.createRoom({ name: 'r', emptyTimeout: 1_000_000 });
    await rooms.createRoom({ name: 'later', emptyTimeout: 20 });
    simulator.setSpeed(200);
    await sink.next(({ event }) => event?.event === 'room_finished' && event.room?.name === 'later');
    expect(await rooms.listRooms()).toMatchObject([{ name: 'r' }]);
  });

  it('replaces a participant that joins again', async () => {
    const { sink, simulator, rooms } = await createStage();
    simulator.join('r', { identity: 'ada' });
    simulator.join('r', { identity: 'ada' });
    expect((await sink.event('participant_left')).participant?.disconnectReason).toBe(2);
    expect(await rooms.listParticipants('r')).toHaveLength(1);
  });

  it('keeps the room open for whom a second self has replaced', async () => {
    const { rooms, sink, simulator } = await createStage();
    await rooms.createRoom({ name: 'r', departureTimeout: 1 });
    simulator.join('r', { identity: 'ada' });
    simulator.join('r', { identity: 'ada' });
    await rooms.createRoom({ name: 'later', emptyTimeout: 10 });
    expect((await sink.event('room_finished')).room?.name).toBe('later');
  });

  it('reads and changes participants', async () => {
    const { rooms, simulator } = await createLiveStage();
    expect(await rooms.listParticipants('unknown')).toEqual([]);
    expect(await rooms.getParticipant('r', 'ada')).toMatchObject({ identity: 'ada', isPublisher: true });
    await rooms.updateParticipant('r', 'ada', { metadata: 'm', attributes: { a: '1', b: '2' } });
    const changed = await rooms.updateParticipant('r', 'ada', {
      name: 'Ada',
      attributes: { a: '' },
      permission: { canPublish: true },
    });
    expect(changed).toMatchObject({
      name: 'Ada',
      metadata: 'm',
      attributes: { b: '2' },
      permission: { canPublish: true, canSubscribe: false },
    });
    const sid = changed.tracks[0]?.sid ?? '';
    expect(await rooms.mutePublishedTrack('r', 'ada', sid, true)).toMatchObject({ sid, muted: true });
    expect(await rooms.mutePublishedTrack('r', 'ada', 'TR_unknown', true)).toBeUndefined();
    expect(await refusal(rooms.mutePublishedTrack('r', 'ada', sid, false))).toMatchObject({
      status: 412,
      code: 'failed_precondition',
      message: `${PREFIX}remote unmute not enabled`,
    });
    expect((await rooms.updateRoomMetadata('r', 'new')).metadata).toBe('new');
    await rooms.removeParticipant('r', 'ada');
    expect(simulator.leave('r', 'ada')).toBe(false);
  });

  it('keeps the data packets that were sent', async () => {
    const { rooms, simulator } = await createLiveStage();
    await rooms.sendData('r', new TextEncoder().encode('{"a":1}'), 0, { topic: 'signal', destinationIdentities: ['ada'] });
    const shown: unknown = await (await fetch(`${simulator.url}/simulator/rooms`)).json();
    expect(shown).toMatchObject([{ packets: [{ topic: 'signal', payload: '{"a":1}', destinationIdentities: ['ada'] }] }]);
  });

  it.each([
    [
      'DeleteRoom',
      (rooms: RoomServiceClient) => rooms.deleteRoom('x'),
      404,
      'not_found',
      `${PREFIX}requested room does not exist`,
    ],
    [
      'UpdateRoomMetadata',
      (rooms: RoomServiceClient) => rooms.updateRoomMetadata('x', ''),
      404,
      'not_found',
      `${PREFIX}requested room does not exist`,
    ],
    [
      'GetParticipant',
      (rooms: RoomServiceClient) => rooms.getParticipant('x', 'y'),
      404,
      'not_found',
      `${PREFIX}participant does not exist`,
    ],
    [
      'RemoveParticipant',
      (rooms: RoomServiceClient) => rooms.removeParticipant('x', 'y'),
      404,
      'not_found',
      `${PREFIX}participant does not exist`,
    ],
    [
      'UpdateParticipant',
      (rooms: RoomServiceClient) => rooms.updateParticipant('x', 'y', {}),
      404,
      'not_found',
      `${PREFIX}participant does not exist`,
    ],
    [
      'SendData',
      (rooms: RoomServiceClient) => rooms.sendData('x', new Uint8Array(1), 0, {}),
      503,
      'unavailable',
      `${PREFIX}no response from servers`,
    ],
    [
      'MutePublishedTrack',
      (rooms: RoomServiceClient) => rooms.mutePublishedTrack('x', 'y', 'z', true),
      503,
      'unavailable',
      `${PREFIX}no response from servers`,
    ],
    [
      'UpdateSubscriptions',
      (rooms: RoomServiceClient) => rooms.updateSubscriptions('x', 'y', [], true),
      503,
      'unavailable',
      `${PREFIX}no response from servers`,
    ],
    [
      'CreateRoom',
      (rooms: RoomServiceClient) => rooms.createRoom({ name: 'x'.repeat(257) }),
      400,
      'invalid_argument',
      `${PREFIX}room name length exceeds limits: max length 256`,
    ],
    [
      'CreateRoom',
      (rooms: RoomServiceClient) => rooms.createRoom({ name: 'x', metadata: 'x'.repeat(524289) }),
      400,
      'invalid_argument',
      'metadata size exceeds limits 524288',
    ],
  ])('refuses %s for what is not there or too long', async (_, call, status, code, message) => {
    const { rooms } = await createStage();
    expect(await refusal(call(rooms))).toMatchObject({ status, code, message });
  });
});

describe('a room with an egress of its own', () => {
  const withEgress = {
    name: 'auto',
    emptyTimeout: 1_000_000,
    egress: new RoomEgress({ room: { fileOutputs: [fileOutput('auto').file] } }),
  };

  it('is recorded from the start, under an id that only webhooks and the list tell', async () => {
    const { egress, rooms, sink } = await createStage();
    await rooms.createRoom(withEgress);
    await rooms.createRoom(withEgress);
    const { egressInfo } = await sink.event('egress_started');
    expect(egressInfo?.request.value).toMatchObject({ roomName: 'auto' });
    expect(await egress.listEgress({ roomName: 'auto' })).toHaveLength(1);
  });

  it('exists although creating it failed for lack of a worker', async () => {
    const { rooms } = await createStage({ script: { name: 'no-capacity-fast' } });
    expect(await refusal(rooms.createRoom(withEgress))).toMatchObject({ status: 503, code: 'unavailable' });
    expect(await rooms.listRooms()).toMatchObject([{ name: 'auto' }]);
  });
});

describe('starting an egress', () => {
  it('refuses a room that does not exist', async () => {
    const { egress, sink } = await createStage();
    expect(await refusal(egress.startRoomCompositeEgress('x', fileOutput('x')))).toEqual({
      name: 'Not Found',
      status: 404,
      code: 'not_found',
      message: `${PREFIX}requested room does not exist`,
    });
    expect(await egress.listEgress()).toEqual([]);
    expect(sink.arrivals).toEqual([]);
  });

  it.each<[string, RoomCompositeOptions, object]>([
    ['output', {}, {}],
    ['audio_only and video_only', { audioOnly: true, videoOnly: true }, fileOutput('x')],
    ['template base url', { customBaseUrl: 'nowhere' }, fileOutput('x')],
  ])('refuses a request with a bad %s', async (field, options, output) => {
    const { egress } = await createLiveStage();
    expect(await refusal(egress.startRoomCompositeEgress('r', output, options))).toMatchObject({
      status: 400,
      code: 'invalid_argument',
      message: `${PREFIX}request has missing or invalid field: ${field}`,
    });
    expect(await egress.listEgress()).toEqual([]);
  });

  it('lets two run in one room', async () => {
    const { egress } = await createLiveStage({ script: { name: 'two-egresses' } });
    const both = await Promise.all([1, 2].map((n) => egress.startRoomCompositeEgress('r', fileOutput(`${n}`))));
    expect(new Set(both.map(({ egressId }) => egressId)).size).toBe(2);
    expect(await egress.listEgress({ roomName: 'r', active: true })).toHaveLength(2);
  });

  it('takes the other start calls too', async () => {
    const { egress } = await createLiveStage();
    const started = [
      await egress.startWebEgress('https://example.com', fileOutput('w')),
      await egress.startParticipantEgress('r', 'ada', fileOutput('p')),
      await egress.startTrackCompositeEgress('r', fileOutput('t'), { audioTrackId: 'TR_1' }),
      await egress.startTrackEgress('r', 'wss://example.com', 'TR_1'),
    ];
    expect(started.map(({ request, roomName }) => [request.case, roomName])).toEqual([
      ['web', ''],
      ['participant', 'r'],
      ['trackComposite', 'r'],
      ['track', 'r'],
    ]);
  });

  it('waits for media before it is ACTIVE', async () => {
    const { egress, sink, simulator } = await createStage();
    simulator.join('r', { identity: 'ada' });
    await egress.startRoomCompositeEgress('r', fileOutput('x'));
    const recorder = await sink.next(
      ({ event }) => event?.event === 'participant_joined' && event.participant?.permission?.recorder === true,
    );
    expect(recorder.event?.participant).toMatchObject({ permission: { hidden: true, recorder: true } });
    expect(await egress.listEgress({ roomName: 'r' })).toMatchObject([{ status: EgressStatus.EGRESS_STARTING }]);
    simulator.join('r', { identity: 'bob', publish: true });
    await sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
  });
});

describe('the recorder', () => {
  it('is a hidden participant that counts for nothing but activeRecording', async () => {
    const { egress, rooms, sink } = await createLiveStage();
    const { egressId } = await egress.startRoomCompositeEgress('r', fileOutput('x'));
    await sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    expect((await rooms.listParticipants('r')).map(({ identity, kind }) => [identity, kind])).toEqual([
      ['ada', 0],
      [egressId, 2],
    ]);
    expect(await rooms.listRooms()).toMatchObject([{ numParticipants: 1, activeRecording: true }]);
    await egress.stopEgress(egressId);
    const left = await sink.next(({ event }) => event?.event === 'participant_left');
    expect(left.event?.participant?.identity).toBe(egressId);
    expect(await rooms.listRooms()).toMatchObject([{ activeRecording: false }]);
  });

  it('does not keep the room open: everybody leaves, the room ends, then the egress', async () => {
    const { egress, simulator, sink } = await createLiveStage({ speed: 500 });
    await egress.startRoomCompositeEgress('r', fileOutput('x'));
    await sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    simulator.leave('r', 'ada');
    await sink.event('room_finished');
    const ending = await sink.event('egress_updated', EgressStatus.EGRESS_ENDING);
    expect(ending.egressInfo?.details).toBe('End reason: Source closed');
    expect((await sink.event('egress_ended')).egressInfo?.status).toBe(EgressStatus.EGRESS_COMPLETE);
    expect(simulator.egresses()).toMatchObject([{ endedBy: 'room' }]);
  });

  it('can be told another layout while it is in the room', async () => {
    const { egress, rooms, sink } = await createLiveStage();
    const { egressId } = await egress.startRoomCompositeEgress('r', fileOutput('x'));
    await sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    expect((await egress.updateLayout(egressId, 'speaker')).egressId).toBe(egressId);
    expect((await rooms.getParticipant('r', egressId)).metadata).toBe('{"layout":"speaker"}');
    await egress.stopEgress(egressId);
    await sink.event('egress_ended');
    expect(await refusal(egress.updateLayout(egressId, 'grid'))).toMatchObject({
      status: 404,
      message: `${PREFIX}participant does not exist`,
    });
    expect(await refusal(egress.updateLayout('EG_x', 'grid'))).toMatchObject({
      status: 404,
      message: `${PREFIX}egress does not exist`,
    });
  });
});

describe('UpdateStream', () => {
  it('is for egresses with a stream that still run', async () => {
    const { egress, simulator, sink } = await createLiveStage();
    const { egressId } = await egress.startRoomCompositeEgress('r', fileOutput('x'));
    await sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    expect(await refusal(egress.updateStream(egressId, ['rtmp://x']))).toMatchObject({
      status: 400,
      message: `${PREFIX}UpdateStream called on non-streaming egress`,
    });
    simulator.setSpeed(FROZEN);
    await egress.stopEgress(egressId);
    expect(await refusal(egress.updateStream(egressId, ['rtmp://x']))).toMatchObject({
      status: 412,
      message: 'egress with status EGRESS_ENDING cannot be updated',
    });
  });
});

describe('ListEgress', () => {
  it('filters by id, room and activity, and rejects an unknown id', async () => {
    const { egress, sink, simulator } = await createLiveStage();
    simulator.join('other', { identity: 'bob', publish: true });
    const one = await egress.startRoomCompositeEgress('r', fileOutput('1'));
    const two = await egress.startRoomCompositeEgress('other', fileOutput('2'));
    await sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    await sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    await egress.stopEgress(one.egressId);
    await sink.event('egress_ended');
    const idsOf = async (options: object) => (await egress.listEgress(options)).map(({ egressId }) => egressId);
    expect(await idsOf({ egressId: one.egressId, roomName: 'ignored' })).toEqual([one.egressId]);
    expect(await idsOf({ roomName: 'r' })).toEqual([one.egressId]);
    expect(await idsOf({ roomName: 'r', active: true })).toEqual([]);
    expect(await idsOf({ active: true })).toEqual([two.egressId]);
    expect(await idsOf({})).toEqual([one.egressId, two.egressId]);
    expect(await idsOf({ roomName: 'nowhere' })).toEqual([]);
    expect(await refusal(egress.listEgress({ egressId: 'EG_unknown' }))).toMatchObject({
      status: 404,
      code: 'not_found',
      message: `${PREFIX}egress does not exist`,
    });
  });
});

describe('StopEgress', () => {
  it('aborts one that waits for media: 200 with status 5', async () => {
    const { egress, simulator, sink } = await createStage();
    simulator.join('r', { identity: 'ada' });
    const { egressId } = await egress.startRoomCompositeEgress('r', fileOutput('x'));
    await sink.next(({ event }) => event?.participant?.identity === egressId);
    const stopped = await egress.stopEgress(egressId);
    expect(stopped).toMatchObject({ status: 5, error: 'Stop called before pipeline could start' });
    expect(stopped.endedAt).toBeGreaterThan(0n);
    expect((await sink.event('egress_ended')).egressInfo).toMatchObject({
      status: EgressStatus.EGRESS_ABORTED,
      error: 'Start signal not received',
      errorCode: 412,
      details: 'End reason: StopEgress API',
    });
    expect(simulator.egresses()[0]).toMatchObject({ endedBy: 'stop' });
  });

  it('leaves an aborted one alone when media arrives after all', async () => {
    const { egress, simulator, sink } = await createStage();
    simulator.join('r', { identity: 'ada' });
    const { egressId } = await egress.startRoomCompositeEgress('r', fileOutput('x'));
    await sink.next(({ event }) => event?.participant?.identity === egressId);
    await egress.stopEgress(egressId);
    simulator.join('r', { identity: 'bob', publish: true });
    await egress.startRoomCompositeEgress('r', fileOutput('y'));
    const active = await sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    expect(active.egressInfo?.egressId).not.toBe(egressId);
    expect(await egress.listEgress({ egressId })).toMatchObject([{ status: EgressStatus.EGRESS_ABORTED }]);
  });

  it('answers ENDING again while it ends, and 412 after three seconds once it is over', async () => {
    const { egress, simulator, sink } = await createLiveStage();
    const { egressId } = await egress.startRoomCompositeEgress('r', fileOutput('x'));
    await sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    simulator.setSpeed(FROZEN);
    await egress.stopEgress(egressId);
    expect((await egress.stopEgress(egressId)).status).toBe(EgressStatus.EGRESS_ENDING);
    simulator.setSpeed(50);
    await sink.event('egress_ended');
    const before = performance.now();
    expect(await refusal(egress.stopEgress(egressId))).toEqual({
      name: 'Precondition Failed',
      status: 412,
      code: 'failed_precondition',
      message: 'egress with status EGRESS_COMPLETE cannot be stopped',
    });
    expect(performance.now() - before).toBeGreaterThan(3000 / 50 - 5);
  });

  it('finds nothing to stop when the room ended while the browser was loading', async () => {
    const { egress, rooms, sink } = await createLiveStage({ script: { name: 'stop-while-loading', delayMs: ENDLESS_MS } });
    const { egressId } = await egress.startRoomCompositeEgress('r', fileOutput('x'));
    await rooms.deleteRoom('r');
    await sink.event('egress_ended', EgressStatus.EGRESS_ABORTED);
    const answer = await refusal(egress.stopEgress(egressId));
    expect(answer).toMatchObject({ status: 412, message: 'egress with status EGRESS_ABORTED cannot be stopped' });
  });

  it('does not know an id that never was', async () => {
    const { egress } = await createStage();
    expect(await refusal(egress.stopEgress('EG_unknown'))).toMatchObject({
      status: 404,
      code: 'not_found',
      message: `${PREFIX}egress does not exist`,
    });
  });
});

it('is hit once by each call of the SDK', async () => {
  const { simulator } = await createStage({ script: { name: 'api-503', times: 1 } });
  let hits = 0;
  const proxy = createServer((request, response) => {
    hits += 1;
    void fetch(simulator.url + (request.url ?? ''), {
      method: 'POST',
      body: '{}',
      headers: { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' },
    }).then(async (answer) => response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text()));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address() as { port: number };
  const client = new EgressClient(`http://127.0.0.1:${address.port}`, API_KEY, API_SECRET);
  expect(await refusal(client.listEgress())).toMatchObject({ status: 503, code: 'unavailable' });
  expect(hits).toBe(1);
  expect(await client.listEgress()).toEqual([]);
  proxy.closeAllConnections();
  proxy.close();
});
