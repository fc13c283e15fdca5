import { beforeEach, describe, expect, it } from 'vitest';

import {
  LiveKitKeyRefusedError,
  LiveKitUnavailableError,
  LocksUnavailableError,
  StoreUnavailableError,
  TallyError,
} from '../../../src/errors.js';
import {
  IdempotencyInProgressError,
  RecordingAlreadyActiveError,
  StartFailedError,
  StartRejectedError,
  StartTimedOutError,
} from '../../../src/machines/recording/errors.js';
import { BASE_URL, createEdge, invalid, type Edge } from '../support/edge.js';

const recordingError = (message: string) => ({ error: 'Recording Error', message });
const UID = '0000000001';
const ID = `room-1--EG_${UID}--${UID}`;
const PATH = `/api/v1/recordings/${ID}`;

let edge: Edge;
beforeEach(async () => {
  edge = await createEdge();
  await edge.rooms.put({ roomId: 'room-1' });
  edge.recordings.present.add('room-1');
});

describe('starting a recording', () => {
  const start = (body: object = { roomId: 'room-1' }) => edge.post('/api/v1/recordings', body);

  it('answers 201 with the active recording and its Location', async () => {
    const { status, body, headers } = await start();
    expect(status).toBe(201);
    expect(body).toEqual({
      recordingId: ID,
      roomId: 'room-1',
      roomName: 'room-1',
      status: 'active',
      filename: `room-1--${UID}.mp4`,
      startDate: edge.clock.now(),
    });
    expect(headers['location']).toBe(`${BASE_URL}${PATH}`);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('answers 202 at once to Prefer: respond-async, with the pending id', async () => {
    const { status, body, headers } = await start().set('Prefer', 'respond-async, wait=10');
    expect(status).toBe(202);
    expect(body).toEqual({
      recordingId: `room-1--EG_PENDING--${UID}`,
      roomId: 'room-1',
      roomName: 'room-1',
      status: 'starting',
      filename: `room-1--${UID}.mp4`,
    });
    expect(headers['location']).toBe(`${BASE_URL}/api/v1/recordings/room-1--EG_PENDING--${UID}`);
    expect((await edge.get(`/api/v1/recordings/room-1--EG_PENDING--${UID}`)).status).toBe(200);
  });

  it('waits for the recording when Prefer holds another word', async () => {
    expect((await start().set('Prefer', 'respond-asynchronously')).status).toBe(201);
  });

  it('passes the trimmed Idempotency-Key on and drops a blank one', async () => {
    const first = await start().set('Idempotency-Key', ' key-1 ');
    const second = await start().set('Idempotency-Key', 'key-1');
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    await start().set('Idempotency-Key', ' ');
    expect(edge.recordings.starts.map(({ idempotency }) => idempotency?.key)).toEqual(['key-1', 'key-1', undefined]);
  });

  it('passes the credential and the body on with the Idempotency-Key, but not the API key itself', async () => {
    await start({ roomId: ' room-1 ', more: 1 }).set('Idempotency-Key', 'key-1');
    const [{ idempotency } = {}] = edge.recordings.starts;
    expect(idempotency).toEqual({
      credentialId: expect.stringMatching(/^apiKey:[0-9a-f]{64}$/),
      key: 'key-1',
      body: { roomId: 'room-1' },
    });
  });

  it('answers 422 to an Idempotency-Key of another request and 409 to one of a running request', async () => {
    await edge.rooms.put({ roomId: 'room-2' });
    await start().set('Idempotency-Key', 'key-1');
    const other = await start({ roomId: 'room-2' }).set('Idempotency-Key', 'key-1');
    expect(other.status).toBe(422);
    expect(other.body).toEqual({ error: 'Idempotency Error', message: 'Idempotency-Key was used with another request' });
    edge.recordings.failNext(new IdempotencyInProgressError());
    const running = await start().set('Idempotency-Key', 'key-2');
    expect(running.status).toBe(409);
    expect(running.body).toEqual({ error: 'Idempotency Error', message: 'A request with this Idempotency-Key is still running' });
  });

  it.each([
    [undefined, undefined],
    [12_345, '13'],
    [-5, '1'],
  ])('answers 409 while the room is taken; if a start holds it for %j ms, Retry-After is %j', async (heldForMs, seconds) => {
    edge.recordings.failNext(new RecordingAlreadyActiveError('room-1', heldForMs));
    const { status, body, headers } = await start();
    expect([status, headers['retry-after']]).toEqual([409, seconds]);
    expect(body).toEqual(recordingError("Room 'room-1' is already being recorded"));
  });

  it('answers 422 to an Idempotency-Key of more than 255 characters', async () => {
    const { status, body } = await start().set('Idempotency-Key', 'k'.repeat(256));
    expect(status).toBe(422);
    expect(body).toEqual(invalid(['idempotency-key', 'Idempotency-Key cannot exceed 255 characters']));
  });

  it.each([' room-1 ', '.<!?room-1'])('reads the room id %j as room-1', async (roomId) => {
    expect((await start({ roomId })).body).toMatchObject({ roomId: 'room-1' });
  });

  it.each([
    [{}, 'Required'],
    [{ roomId: '' }, 'roomId is required and cannot be empty'],
    [{ roomId: '!!!' }, 'roomId cannot be empty after sanitization'],
    [{ roomId: 'a'.repeat(101) }, 'roomId cannot exceed 100 characters'],
    [{ roomId: 12 }, 'Expected string, received number'],
    [{ roomId: null }, 'Expected string, received null'],
    [{ roomId: true }, 'Expected string, received boolean'],
    [{ roomId: ['room-1'] }, 'Expected string, received array'],
    [{ roomId: { id: 'room-1' } }, 'Expected string, received object'],
  ])('answers 422 to the body %j', async (body, message) => {
    const response = await start(body);
    expect(response.status).toBe(422);
    expect(response.body).toEqual(invalid(['roomId', message]));
  });

  it('answers 404 for an unknown room', async () => {
    const { status, body } = await start({ roomId: 'nowhere' });
    expect(status).toBe(404);
    expect(body).toEqual({ error: 'Room Error', message: "Room 'nowhere' does not exist" });
  });

  it('answers 403 for a room whose recording is disabled', async () => {
    const { config } = await edge.rooms.put({ roomId: 'room-2' });
    await edge.rooms.put({ roomId: 'room-2', config: { ...config, recording: { enabled: false } } });
    const { status, body } = await start({ roomId: 'room-2' });
    expect(status).toBe(403);
    expect(body).toEqual(recordingError("Recording is disabled for room 'room-2'"));
  });

  it('answers 409 for an empty room and for a room that is being recorded', async () => {
    await edge.rooms.put({ roomId: 'room-2' });
    const empty = await start({ roomId: 'room-2' });
    expect(empty.status).toBe(409);
    expect(empty.body).toEqual(recordingError("Room 'room-2' has no participants"));
    await start();
    const second = await start();
    expect(second.status).toBe(409);
    expect(second.body).toEqual(recordingError("Room 'room-1' is already being recorded"));
  });

  it.each([
    [new StartTimedOutError('room-1'), 503, 'Recording Error', "Recording in room 'room-1' timed out while starting"],
    [
      new StartFailedError('room-1', 'no capacity'),
      503,
      'Recording Error',
      "Recording in room 'room-1' failed to start: no capacity",
    ],
    [
      new StartRejectedError('room-1', 'bad'),
      500,
      'Internal Server Error',
      "Unexpected error while starting Room Composite Egress for room 'room-1'",
    ],
    [new LiveKitUnavailableError('refused'), 503, 'LiveKit Error', 'LiveKit is not available'],
    [
      new LiveKitKeyRefusedError(),
      503,
      'LiveKit Error',
      'LiveKit refuses our API key: compare LIVEKIT_API_KEY and LIVEKIT_API_SECRET with its own',
    ],
    [new LocksUnavailableError('redis'), 503, 'Lock Error', 'Locks are not available'],
    [new StoreUnavailableError('mongo'), 503, 'Storage Error', 'Storage is not available'],
    [new TallyError('kernel.some_outage', 'unavailable', 'x'), 503, 'Storage Error', 'Storage is not available'],
    [
      new TallyError('some.surprise', 'conflict', 'x'),
      500,
      'Internal Server Error',
      "Unexpected error while starting recording in room 'room-1'",
    ],
    [new Error('bug'), 500, 'Internal Server Error', "Unexpected error while starting recording in room 'room-1'"],
  ])('answers %s', async (failure, expected, error, message) => {
    edge.recordings.failNext(failure);
    const { status, body, headers } = await start();
    expect(status).toBe(expected);
    expect(body).toEqual({ error, message });
    expect(headers['retry-after']).toBe(message.includes('not available') ? '2' : undefined);
  });
});

describe('stopping a recording', () => {
  it('answers 202 with the duration from LiveKit and a Location, without other values that are not final', async () => {
    await edge.recordings.put({ uid: UID, startDate: 1795355483538.1235 }, 'active');
    const { status, body, headers } = await edge.post(`${PATH}/stop`);
    expect(status).toBe(202);
    expect(body).toEqual({
      recordingId: ID,
      roomId: 'room-1',
      roomName: 'room-1',
      status: 'ending',
      filename: `room-1--${UID}.mp4`,
      startDate: 1795355483538.1235,
      duration: 12.5,
    });
    expect(headers['location']).toBe(`${BASE_URL}${PATH}`);
    expect((await edge.get(PATH)).body).not.toHaveProperty('duration');
  });

  it('answers 409 while the recording starts and after it was stopped', async () => {
    await edge.recordings.put({ uid: UID }, { starting: 'awaiting' });
    const starting = await edge.post(`${PATH}/stop`);
    expect(starting.status).toBe(409);
    expect(starting.body).toEqual(recordingError(`Recording '${ID}' cannot be stopped while starting`));
    await edge.recordings.put({ uid: UID }, 'stopping');
    const stopped = await edge.post(`${PATH}/stop`);
    expect(stopped.status).toBe(409);
    expect(stopped.body).toEqual(recordingError(`Recording '${ID}' is already stopped`));
  });

  it('names the egress in the 404 for an unknown recording', async () => {
    const { status, body } = await edge.post('/api/v1/recordings/room-1--EG_none--x/stop');
    expect(status).toBe(404);
    expect(body).toEqual(recordingError("Recording 'EG_none' not found"));
  });

  it('answers 404 for an unknown room, then 403 for a room whose recording is disabled', async () => {
    const unknown = await edge.post('/api/v1/recordings/nowhere--EG_1--x/stop');
    expect(unknown.status).toBe(404);
    expect(unknown.body).toEqual({ error: 'Room Error', message: "Room 'nowhere' does not exist" });
    const { config } = await edge.rooms.put({ roomId: 'room-2' });
    await edge.rooms.put({ roomId: 'room-2', config: { ...config, recording: { enabled: false } } });
    const disabled = await edge.post('/api/v1/recordings/room-2--EG_1--x/stop');
    expect(disabled.status).toBe(403);
    expect(disabled.body).toEqual(recordingError("Recording is disabled for room 'room-2'"));
  });

  it('answers an unexpected error with 500 and names the operation', async () => {
    edge.recordings.failNext(new Error('bug'));
    const { status, body } = await edge.post(`${PATH}/stop`);
    expect(status).toBe(500);
    expect(body).toEqual({ error: 'Internal Server Error', message: `Unexpected error while stopping recording '${ID}'` });
  });
});

const MALFORMED: [string, string][] = [
  ['room-1', 'recordingId does not follow the expected format'],
  ['room-1--EG_1', 'recordingId does not follow the expected format'],
  ['room-1--EG_1--', 'recordingId does not follow the expected format'],
  ['--EG_1--x', 'recordingId does not follow the expected format'],
  ['room-1--EG_--x', 'recordingId does not follow the expected format'],
  ['room-1--XX_1--x', 'recordingId does not follow the expected format'],
  ['room-1--EG_1--x--y', 'recordingId does not follow the expected format'],
  ['%20%20', 'recordingId cannot be empty after sanitization'],
];

describe('a malformed recording id', () => {
  it.each(MALFORMED)('%s is reported as params.recordingId by get and media', async (id, message) => {
    for (const path of [`/api/v1/recordings/${id}`, `/api/v1/recordings/${id}/media`]) {
      const { status, body } = await edge.get(path);
      expect(status).toBe(422);
      expect(body).toEqual(invalid(['params.recordingId', message]));
    }
  });

  it.each(MALFORMED)('%s is reported as recordingId by stop and delete', async (id, message) => {
    for (const response of [await edge.post(`/api/v1/recordings/${id}/stop`), await edge.delete(`/api/v1/recordings/${id}`)]) {
      expect(response.status).toBe(422);
      expect(response.body).toEqual(invalid(['recordingId', message]));
    }
  });
});

describe('getting a recording', () => {
  const outcome = {
    uid: UID,
    startDate: 1795355483538.1235,
    endDate: 1795355496038.25,
    duration: 12.5,
    size: 1000,
    errorCode: 0,
    error: '',
    details: 'End reason: StopEgress API',
  };

  it('answers exactly the members of the contract', async () => {
    await edge.recordings.put(outcome);
    const { status, body } = await edge.get(PATH);
    expect(status).toBe(200);
    expect(body).toEqual({
      recordingId: ID,
      roomId: 'room-1',
      roomName: 'room-1',
      status: 'complete',
      filename: `room-1--${UID}.mp4`,
      startDate: 1795355483538.1235,
      endDate: 1795355496038.25,
      duration: 12.5,
      size: 1000,
      details: 'End reason: StopEgress API',
    });
  });

  it.each([
    ['starting', { starting: 'requesting' }],
    ['active', 'active'],
    ['ending', 'stopping'],
  ])('omits end, duration and size while the recording is %s', async (status, state) => {
    await edge.recordings.put(outcome, state);
    const { body } = await edge.get(PATH);
    expect(body).toMatchObject({ status });
    for (const name of ['endDate', 'duration', 'size']) expect(body).not.toHaveProperty(name);
  });

  it('shows the error of a failed recording, and the status limit_reached', async () => {
    await edge.recordings.put({ uid: UID, error: 'Start signal not received', errorCode: 412 }, 'failed');
    expect((await edge.get(PATH)).body).toMatchObject({ status: 'failed', error: 'Start signal not received', errorCode: 412 });
    await edge.recordings.put({ uid: UID, limitReached: true });
    expect((await edge.get(PATH)).body).toMatchObject({ status: 'limit_reached' });
  });

  it('trims the id and sanitises its room part', async () => {
    await edge.recordings.put(outcome);
    expect((await edge.get(`/api/v1/recordings/%20${ID}%20`)).status).toBe(200);
    expect((await edge.get(`/api/v1/recordings/.!${ID}`)).status).toBe(200);
  });

  it('shows only the requested fields, in the order of the request', async () => {
    await edge.recordings.put(outcome);
    const fields = async (query: string) => JSON.stringify((await edge.get(`${PATH}?${query}`)).body);
    expect(await fields('fields=status, roomId,nothing')).toBe('{"status":"complete","roomId":"room-1"}');
    expect(await fields('fields=size&fields=status')).toBe('{"size":1000,"status":"complete"}');
    expect(await fields('fields=accessSecrets,uid,tally,constructor,__proto__')).toBe('{}');
    expect(JSON.parse(await fields('fields=%20'))).toMatchObject({ recordingId: ID });
  });

  it('answers 422 to fields in the form of an object', async () => {
    const { status, body } = await edge.get(`${PATH}?fields[a]=b`);
    expect(status).toBe(422);
    expect(body).toEqual(invalid(['query.fields', 'Expected string, received object']));
  });

  it('reports a bad id and bad fields together', async () => {
    const { body } = await edge.get('/api/v1/recordings/x?fields[a]=b');
    expect(body).toEqual(
      invalid(
        ['params.recordingId', 'recordingId does not follow the expected format'],
        ['query.fields', 'Expected string, received object'],
      ),
    );
  });

  it('answers 404 for a recording that does not exist, is deleted, or has another egress', async () => {
    await edge.recordings.put({ uid: UID }, 'deleted');
    await edge.recordings.put({ uid: 'other' });
    for (const id of ['room-1--EG_none--none', ID, 'room-1--EG_wrong--other']) {
      const { status, body } = await edge.get(`/api/v1/recordings/${id}`);
      expect(status).toBe(404);
      expect(body).toEqual(recordingError(`Recording '${id}' not found`));
    }
  });

  it('answers an unexpected error with 500 and names the operation', async () => {
    edge.recordings.failNext(new Error('bug'));
    expect((await edge.get(PATH)).body).toEqual({
      error: 'Internal Server Error',
      message: `Unexpected error while getting recording '${ID}'`,
    });
  });
});

describe('deleting a recording', () => {
  it.each(['complete', 'failed', 'aborted'])('deletes a recording that is %s, then answers 404', async (state) => {
    await edge.recordings.put({ uid: UID }, state);
    const first = await edge.delete(PATH);
    expect(first.status).toBe(200);
    expect(first.body).toEqual({ message: `Recording '${ID}' deleted successfully` });
    const second = await edge.delete(PATH);
    expect(second.status).toBe(404);
    expect(second.body).toEqual(recordingError(`Recording '${ID}' not found`));
  });

  it('answers 409 while the recording runs', async () => {
    await edge.recordings.put({ uid: UID }, 'active');
    const { status, body } = await edge.delete(PATH);
    expect(status).toBe(409);
    expect(body).toEqual(recordingError(`Recording '${ID}' is not stopped yet`));
  });
});
