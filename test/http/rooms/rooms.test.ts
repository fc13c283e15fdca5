import { beforeEach, describe, expect, it } from 'vitest';

import { LiveKitUnavailableError } from '../../../src/errors.js';
import type { RoomDeletion } from '../../../src/machines/room/commands/commands.js';
import { RoomDeletionRefusedError, type DeletionRefusal } from '../../../src/machines/room/errors.js';
import { BASE_URL, createEdge, invalid, type Edge } from '../support/edge.js';

const HOUR_MS = 3_600_000;

let edge: Edge;
beforeEach(async () => {
  edge = await createEdge();
});

const config = {
  recording: { enabled: true, allowAccessTo: 'admin' },
  chat: { enabled: false },
  virtualBackground: { enabled: false },
};

describe('creating a room', () => {
  const create = (body?: object) => edge.post('/api/v1/rooms', body);

  it('answers 201 with defaults, links and a Location', async () => {
    const { status, body, headers } = await create();
    const { roomId } = body as { roomId: string };
    expect(status).toBe(201);
    expect(body).toEqual({
      roomId,
      roomName: 'Room',
      creationDate: edge.clock.now(),
      autoDeletionPolicy: { withMeeting: 'when_meeting_ends', withRecordings: 'close' },
      config: {
        chat: { enabled: true },
        recording: { enabled: true, allowAccessTo: 'admin_moderator_speaker' },
        virtualBackground: { enabled: true },
        e2ee: { enabled: false },
      },
      moderatorUrl: `${BASE_URL}/room/${roomId}?secret=aaaaaaaaaa`,
      speakerUrl: `${BASE_URL}/room/${roomId}?secret=bbbbbbbbbb`,
      status: 'open',
      meetingEndAction: 'none',
    });
    expect(headers['location']).toBe(`${BASE_URL}/api/v1/rooms/${roomId}`);
  });

  it('answers the values of the request', async () => {
    const given = {
      roomName: 'Weekly',
      autoDeletionDate: edge.clock.now() + HOUR_MS,
      autoDeletionPolicy: { withMeeting: 'force', withRecordings: 'force' },
      config: { ...config, recording: { enabled: false }, e2ee: { enabled: true } },
    };
    const { status, body } = await create(given);
    expect(status).toBe(201);
    expect(body).toMatchObject(given);
    expect(body).not.toHaveProperty('config.recording.allowAccessTo');
  });

  it.each([
    ['  My   Room \t 1 ', 'My Room 1'],
    ['   ', 'Room'],
    ['', 'Room'],
    ['<b>é🙂</b>', '<b>é🙂</b>'],
  ])('normalises the name %j', async (roomName, cleaned) => {
    expect((await create({ roomName })).body).toMatchObject({ roomName: cleaned });
  });

  it('turns recording off in a room with e2ee, and keeps allowAccessTo', async () => {
    const { body } = await create({ config: { ...config, e2ee: { enabled: true } } });
    expect(body).toMatchObject({ config: { recording: { enabled: false, allowAccessTo: 'admin' }, e2ee: { enabled: true } } });
  });

  it('leaves e2ee off by default', async () => {
    expect((await create({ config })).body).toMatchObject({ config: { ...config, e2ee: { enabled: false } } });
  });

  const soon = 'autoDeletionDate must be at least 1h in the future';
  const access = "Expected 'admin' | 'admin_moderator' | 'admin_moderator_speaker'";
  it.each<[object, ...[string, string][]]>([
    [{ roomName: 'a'.repeat(51) }, ['roomName', 'roomName cannot exceed 50 characters']],
    [{ roomName: 5 }, ['roomName', 'Expected string, received number']],
    [{ roomName: null }, ['roomName', 'Expected string, received null']],
    [{ autoDeletionDate: -1 }, ['autoDeletionDate', 'autoDeletionDate must be a positive integer'], ['autoDeletionDate', soon]],
    [{ autoDeletionDate: Date.UTC(2026, 0, 1) + HOUR_MS - 1 }, ['autoDeletionDate', soon]],
    [{ autoDeletionDate: Date.UTC(2036, 0, 1) + 0.5 }, ['autoDeletionDate', 'autoDeletionDate must be a positive integer']],
    [
      { autoDeletionDate: Date.UTC(2126, 0, 3) },
      ['autoDeletionDate', 'autoDeletionDate must be at most 100 years in the future'],
    ],
    [{ autoDeletionDate: 1e300 }, ['autoDeletionDate', 'autoDeletionDate must be at most 100 years in the future']],
    [{ autoDeletionDate: '1' }, ['autoDeletionDate', 'Expected number, received string']],
    [{ autoDeletionDate: true }, ['autoDeletionDate', 'Expected number, received boolean']],
    [{ autoDeletionDate: null }, ['autoDeletionDate', 'Expected number, received null']],
    [{ autoDeletionPolicy: 'force' }, ['autoDeletionPolicy', 'Expected object, received string']],
    [
      { autoDeletionPolicy: {} },
      ['autoDeletionPolicy.withMeeting', 'Required'],
      ['autoDeletionPolicy.withRecordings', 'Required'],
    ],
    [
      { autoDeletionPolicy: { withMeeting: 'later', withRecordings: 7 } },
      ['autoDeletionPolicy.withMeeting', "Invalid enum value. Expected 'force' | 'when_meeting_ends' | 'fail', received 'later'"],
      ['autoDeletionPolicy.withRecordings', "Expected 'force' | 'close' | 'fail', received number"],
    ],
    [
      { autoDeletionPolicy: { withMeeting: 'fail', withRecordings: 'fail' } },
      ['autoDeletionPolicy.withMeeting', 'FAIL policy is not allowed for withMeeting auto-deletion policy'],
      ['autoDeletionPolicy.withRecordings', 'FAIL policy is not allowed for withRecordings auto-deletion policy'],
    ],
    [{ config: {} }, ['config.recording', 'Required'], ['config.chat', 'Required'], ['config.virtualBackground', 'Required']],
    [{ config: 'x' }, ['config', 'Expected object, received string']],
    [{ config: { ...config, chat: { enabled: 'yes' } } }, ['config.chat.enabled', 'Expected boolean, received string']],
    [{ config: { ...config, e2ee: { enabled: 1 } } }, ['config.e2ee.enabled', 'Expected boolean, received number']],
    [{ config: { ...config, e2ee: 'on' } }, ['config.e2ee', 'Expected object, received string']],
    [
      { config: { ...config, recording: { enabled: true } } },
      ['config.recording.allowAccessTo', 'allowAccessTo is required when recording is enabled'],
    ],
    [
      { config: { ...config, recording: { enabled: true }, e2ee: { enabled: true } } },
      ['config.recording.allowAccessTo', 'allowAccessTo is required when recording is enabled'],
    ],
    [
      { config: { ...config, recording: { enabled: true, allowAccessTo: 'all' } } },
      ['config.recording.allowAccessTo', `Invalid enum value. ${access}, received 'all'`],
    ],
    [
      { config: { ...config, recording: { enabled: true, allowAccessTo: null } } },
      ['config.recording.allowAccessTo', `${access}, received null`],
    ],
  ])('refuses %j', async (body, ...details) => {
    const response = await create(body);
    expect(response.status).toBe(422);
    expect(response.body).toEqual(invalid(...details));
  });

  it('answers an unexpected error with 500 and names the operation', async () => {
    edge = await createEdge({ rooms: { ...edge.rooms, create: () => Promise.reject(new Error('bug')) } });
    const { status, body } = await create({});
    expect(status).toBe(500);
    expect(body).toEqual({ error: 'Internal Server Error', message: 'Unexpected error while creating room' });
  });

  it('names the configured lead of autoDeletionDate in its error', async () => {
    edge = await createEdge({ minAutoDeletionLeadMs: 90_000 });
    const { body } = await create({ autoDeletionDate: 1 });
    expect(body).toEqual(invalid(['autoDeletionDate', 'autoDeletionDate must be at least 90s in the future']));
  });
});

describe('getting a room', () => {
  it('answers the room, also with spaces around the id', async () => {
    await edge.rooms.put({ roomId: 'room-1', meetingSid: 'RM_x' }, 'active_meeting');
    const { status, body } = await edge.get('/api/v1/rooms/%20room-1%20');
    expect(status).toBe(200);
    expect(Object.keys(body as object)).toEqual([
      'roomId',
      'roomName',
      'creationDate',
      'autoDeletionPolicy',
      'config',
      'moderatorUrl',
      'speakerUrl',
      'status',
      'meetingEndAction',
    ]);
    expect(body).toMatchObject({ status: 'active_meeting' });
  });

  it('shows only the requested fields', async () => {
    await edge.rooms.put({ roomId: 'room-1' });
    expect((await edge.get('/api/v1/rooms/room-1?fields=status,roomId,tally,schemaVersion')).body).toEqual({
      status: 'open',
      roomId: 'room-1',
    });
  });

  it.each([
    ['/api/v1/rooms/!!', 'roomId', 'roomId cannot be empty after sanitization'],
    [`/api/v1/rooms/${'a'.repeat(101)}`, 'roomId', 'roomId cannot exceed 100 characters'],
    ['/api/v1/rooms/room-1?fields[a]=b', 'fields', 'Expected string, received object'],
    ['/api/v1/rooms/!!?fields[a]=b', 'roomId', 'roomId cannot be empty after sanitization'],
  ])('refuses %s', async (path, field, message) => {
    const { status, body } = await edge.get(path);
    expect(status).toBe(422);
    expect(body).toEqual(invalid([field, message]));
  });

  it('answers 404 for an unknown and for a deleted room', async () => {
    await edge.rooms.put({ roomId: 'room-1' }, 'deleted');
    for (const roomId of ['room-1', 'room-2']) {
      const { status, body } = await edge.get(`/api/v1/rooms/${roomId}`);
      expect(status).toBe(404);
      expect(body).toEqual({ error: 'Room Error', message: `Room '${roomId}' does not exist` });
    }
  });
});

describe("getting a room's configuration", () => {
  it('answers the configuration itself, with members that another program stored', async () => {
    const config = {
      chat: { enabled: true },
      recording: { enabled: false },
      virtualBackground: { enabled: true },
      captions: { enabled: true },
    };
    await edge.rooms.put({ roomId: 'room-1', config });
    const { status, body } = await edge.get('/api/v1/rooms/ room-1 /config');
    expect([status, body]).toEqual([200, config]);
  });

  it('answers 404 for an unknown room and 422 for a bad id', async () => {
    const unknown = await edge.get('/api/v1/rooms/unknown/config');
    expect([unknown.status, unknown.body]).toEqual([404, { error: 'Room Error', message: "Room 'unknown' does not exist" }]);
    const bad = await edge.get('/api/v1/rooms/!!/config');
    expect([bad.status, bad.body]).toEqual([422, invalid(['roomId', 'roomId cannot be empty after sanitization'])]);
  });
});

describe('deleting a room', () => {
  beforeEach(async () => {
    await edge.rooms.put({ roomId: 'room-1' }, 'active_meeting');
  });
  const remove = (query = '') => edge.delete(`/api/v1/rooms/room-1${query}`);

  it.each<[RoomDeletion, number, boolean, string]>([
    ['room_deleted', 200, false, "Room 'room-1' deleted successfully"],
    ['room_with_active_meeting_deleted', 200, false, "Room 'room-1' with active meeting deleted successfully"],
    [
      'room_with_active_meeting_scheduled_to_be_deleted',
      202,
      true,
      "Room 'room-1' with active meeting scheduled to be deleted when the meeting ends",
    ],
    ['room_and_recordings_deleted', 200, false, "Room 'room-1' and its recordings deleted successfully"],
    ['room_closed', 200, true, "Room 'room-1' has been closed instead of deleted because it has recordings"],
    [
      'room_with_active_meeting_and_recordings_deleted',
      200,
      false,
      "Room 'room-1' with active meeting and its recordings deleted successfully",
    ],
    [
      'room_with_active_meeting_closed',
      200,
      true,
      "Room 'room-1' with active meeting has been closed instead of deleted because it has recordings",
    ],
    [
      'room_with_active_meeting_and_recordings_scheduled_to_be_deleted',
      202,
      true,
      "Room 'room-1' with active meeting and its recordings scheduled to be deleted when the meeting ends",
    ],
    [
      'room_with_active_meeting_scheduled_to_be_closed',
      202,
      true,
      "Room 'room-1' with active meeting scheduled to be closed when the meeting ends because it has recordings",
    ],
  ])('answers %s with %i', async (deletion, status, withRoom, message) => {
    edge.rooms.deleteNextAs(deletion, withRoom);
    const response = await remove();
    expect(response.status).toBe(status);
    const room = {
      room: expect.objectContaining({ roomId: 'room-1', moderatorUrl: `${BASE_URL}/room/room-1?secret=aaaaaaaaaa` }) as unknown,
    };
    expect(response.body).toEqual({ successCode: deletion, message, ...(withRoom && room) });
  });

  it.each<[DeletionRefusal, string]>([
    ['room_has_active_meeting', "Room 'room-1' cannot be deleted because it has an active meeting."],
    ['room_has_recordings', "Room 'room-1' cannot be deleted because it has recordings."],
    [
      'room_with_recordings_has_active_meeting',
      "Room 'room-1' with recordings cannot be deleted because it has an active meeting.",
    ],
    ['room_with_active_meeting_has_recordings', "Room 'room-1' with active meeting cannot be deleted because it has recordings."],
    [
      'room_with_active_meeting_has_recordings_cannot_schedule_deletion',
      "Room 'room-1' with active meeting cannot be scheduled to be deleted because it has recordings.",
    ],
  ])('answers the refusal %s with 409', async (refusal, message) => {
    edge.rooms.deleteNextAs(new RoomDeletionRefusedError('room-1', refusal));
    const { status, body } = await remove();
    expect(status).toBe(409);
    expect(body).toEqual({ error: refusal, message });
  });

  it('passes the policies on; both are fail by default', async () => {
    await remove();
    await remove('?withMeeting=when_meeting_ends&withRecordings=close');
    expect(edge.rooms.deletions).toEqual([
      { roomId: 'room-1', withMeeting: 'fail', withRecordings: 'fail' },
      { roomId: 'room-1', withMeeting: 'when_meeting_ends', withRecordings: 'close' },
    ]);
  });

  it('answers 422 to unknown policies', async () => {
    const { status, body } = await remove('?withMeeting=later&withRecordings=a&withRecordings=b');
    expect(status).toBe(422);
    expect(body).toEqual(
      invalid(
        ['withMeeting', "Invalid enum value. Expected 'force' | 'when_meeting_ends' | 'fail', received 'later'"],
        ['withRecordings', "Expected 'force' | 'close' | 'fail', received array"],
      ),
    );
  });

  it('checks the id before the policies, and reports it under an empty field name', async () => {
    const { status, body } = await edge.delete('/api/v1/rooms/!!?withMeeting=later');
    expect(status).toBe(422);
    expect(body).toEqual(invalid(['', 'roomId cannot be empty after sanitization']));
  });

  it('answers 404 for an unknown room and 503 when LiveKit is away', async () => {
    const unknown = await edge.delete('/api/v1/rooms/none');
    expect(unknown.status).toBe(404);
    expect(unknown.body).toEqual({ error: 'Room Error', message: "Room 'none' does not exist" });
    edge.rooms.deleteNextAs(new LiveKitUnavailableError('refused'));
    const away = await remove('?withMeeting=force');
    expect(away.status).toBe(503);
    expect(away.body).toEqual({ error: 'LiveKit Error', message: 'LiveKit is not available' });
  });

  it('answers an unexpected error with 500 and names the operation', async () => {
    edge.rooms.deleteNextAs(new Error('bug'));
    expect((await remove()).body).toEqual({
      error: 'Internal Server Error',
      message: "Unexpected error while deleting room 'room-1'",
    });
  });
});
