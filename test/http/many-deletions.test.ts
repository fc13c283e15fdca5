import { beforeEach, describe, expect, it } from 'vitest';

import { LiveKitUnavailableError, StoreUnavailableError } from '../../src/errors.js';
import { listen, type Listener } from '../../src/http/server/listener.js';
import { RoomDeletionRefusedError } from '../../src/machines/room/errors.js';
import { API_KEY, BASE_URL, createEdge, invalid, type Edge } from './support/edge.js';

let edge: Edge;
beforeEach(async () => {
  edge = await createEdge();
});

const uidOf = (index: number) => String(index).padStart(10, '0');
const idOf = (index: number, roomId = 'room-1') => `${roomId}--EG_${uidOf(index)}--${uidOf(index)}`;

describe('deleting many recordings', () => {
  const remove = (ids: string[]) => edge.delete('/api/v1/recordings').query({ recordingIds: ids.join(',') });
  const notFound = (id: string) => ({ recordingId: id, error: `Recording '${id}' not found` });
  const notStopped = (id: string) => ({ recordingId: id, error: `Recording '${id}' is not stopped yet` });

  it('answers 200 with the ids in the order of the request, and the recordings are gone', async () => {
    for (const state of ['complete', 'failed', 'aborted']) await edge.recordings.put({}, state);
    await edge.recordings.put({ limitReached: true });
    const ids = [idOf(3), idOf(1), idOf(4), idOf(2)];
    const { status, body } = await remove(ids);
    expect(status).toBe(200);
    expect(body).toEqual({ message: 'All recordings deleted successfully', deleted: ids });
    for (const id of ids) expect((await edge.get(`/api/v1/recordings/${id}`)).status).toBe(404);
  });

  it('names each recording that could not be deleted, and deletes the others', async () => {
    await edge.recordings.put({});
    await edge.recordings.put({ roomId: 'room-2' }, 'active');
    await edge.recordings.put({}, { starting: 'awaiting' });
    await edge.recordings.put({});
    const unknown = 'room-9--EG_x--y';
    const { status, body } = await remove([unknown, idOf(1), idOf(2, 'room-2'), idOf(3), idOf(4)]);
    expect(status).toBe(400);
    expect(body).toEqual({
      message: '3 recording(s) could not be deleted',
      deleted: [idOf(1), idOf(4)],
      failed: [notFound(unknown), notStopped(idOf(2, 'room-2')), notStopped(idOf(3))],
    });
    expect(Object.keys(body as object)).toEqual(['message', 'deleted', 'failed']);
  });

  it('shows an empty list of deleted recordings when all failed', async () => {
    await edge.recordings.put({}, 'active');
    await edge.recordings.put({ liveKey: '0000000002' }, 'stopping'); // Its room is free already, while its file still uploads.
    const { status, body } = await remove([idOf(1), idOf(2), idOf(3)]);
    expect(status).toBe(400);
    expect(body).toEqual({
      message: '3 recording(s) could not be deleted',
      deleted: [],
      failed: [notStopped(idOf(1)), notStopped(idOf(2)), notFound(idOf(3))],
    });
  });

  it('shows a repeated id once when it was deleted, and each time when it failed', async () => {
    await edge.recordings.put({});
    await edge.recordings.put({}, 'active');
    const all = await remove([idOf(1), idOf(1)]);
    expect([all.status, all.body]).toEqual([200, { message: 'All recordings deleted successfully', deleted: [idOf(1)] }]);
    const { body } = await remove([idOf(2), idOf(1), idOf(2)]);
    expect(body).toEqual({
      message: '3 recording(s) could not be deleted',
      deleted: [],
      failed: [notStopped(idOf(2)), notFound(idOf(1)), notStopped(idOf(2))],
    });
  });

  it('logs an outage or an unexpected error of one id, and deletes the others', async () => {
    for (let count = 0; count < 3; count += 1) await edge.recordings.put({});
    edge.recordings.failNext(new StoreUnavailableError('no primary'));
    edge.recordings.failNext(new Error('bug'));
    const { status, body } = await remove([idOf(1), idOf(2), idOf(3)]);
    expect(status).toBe(400);
    expect(body).toEqual({
      message: '2 recording(s) could not be deleted',
      deleted: [idOf(3)],
      failed: [
        { recordingId: idOf(1), error: 'Storage is not available' },
        { recordingId: idOf(2), error: `Unexpected error while deleting recording '${idOf(2)}'` },
      ],
    });
    expect(edge.lines().filter(({ msg }) => msg === 'failed for one of many ids')).toMatchObject([
      { level: 40, operation: `deleting recording '${idOf(1)}'`, err: { message: 'no primary' } },
      { level: 50, operation: `deleting recording '${idOf(2)}'`, err: { message: 'bug' } },
    ]);
  });

  it('trims ids, sanitises their room part and drops blank ones', async () => {
    await edge.recordings.put({});
    const { body } = await remove(['', ` .${idOf(1)} `, ' ']);
    expect(body).toEqual({ message: 'All recordings deleted successfully', deleted: [idOf(1)] });
  });

  it.each([
    ['', 'recordingIds', 'recordingIds must contain at least one item'],
    ['?recordingIds=', 'recordingIds', 'recordingIds must contain at least one item'],
    ['?recordingIds=%20,,%20', 'recordingIds', 'recordingIds must contain at least one item'],
    [`?recordingIds=${idOf(1)}&recordingIds=${idOf(2)}`, 'recordingIds', 'recordingIds must contain at least one item'],
    [`?recordingIds[a]=${idOf(1)}`, 'recordingIds', 'recordingIds must contain at least one item'],
    [`?recordingIds=${idOf(1)},room-1--EG_x`, 'recordingIds.1', 'recordingId does not follow the expected format'],
    [`?recordingIds=,room-1--XX_1--u,${idOf(1)}`, 'recordingIds.0', 'recordingId does not follow the expected format'],
  ])('answers 422 to %j and deletes nothing', async (query, field, message) => {
    await edge.recordings.put({});
    const { status, body } = await edge.delete(`/api/v1/recordings${query}`);
    expect(status).toBe(422);
    expect(body).toEqual(invalid([field, message]));
    expect((await edge.get(`/api/v1/recordings/${idOf(1)}`)).status).toBe(200);
  });

  it('reports every malformed id', async () => {
    expect((await remove(['a', idOf(1), 'b--c--d'])).body).toEqual(
      invalid(
        ['recordingIds.0', 'recordingId does not follow the expected format'],
        ['recordingIds.2', 'recordingId does not follow the expected format'],
      ),
    );
  });

  it('checks the credentials first', async () => {
    const { status, body } = await edge.anonymous.delete('/api/v1/recordings');
    expect(status).toBe(401);
    expect(body).toEqual({ error: 'Authentication Error', message: 'Unauthorized' });
  });
});

describe('deleting many rooms', () => {
  const remove = (query: string) => edge.delete(`/api/v1/rooms${query}`);
  const open = async (...roomIds: string[]): Promise<void> => {
    for (const roomId of roomIds) await edge.rooms.put({ roomId });
  };

  it('answers 200 with the outcome for each room, in the order of the request', async () => {
    await open('room-1', 'room-2', 'room-3');
    edge.rooms.deleteNextAs('room_deleted');
    edge.rooms.deleteNextAs('room_with_active_meeting_scheduled_to_be_deleted', true);
    edge.rooms.deleteNextAs('room_closed', true);
    const { status, body } = await remove(
      '?roomIds=room-3,%20room-1%20,,room-2&withMeeting=when_meeting_ends&withRecordings=close',
    );
    expect(status).toBe(200);
    const shown = (roomId: string) =>
      expect.objectContaining({ roomId, moderatorUrl: `${BASE_URL}/room/${roomId}?secret=aaaaaaaaaa` }) as unknown;
    expect(body).toEqual({
      message: 'All rooms successfully processed for deletion',
      successful: [
        { roomId: 'room-3', successCode: 'room_deleted', message: "Room 'room-3' deleted successfully" },
        {
          roomId: 'room-1',
          successCode: 'room_with_active_meeting_scheduled_to_be_deleted',
          message: "Room 'room-1' with active meeting scheduled to be deleted when the meeting ends",
          room: shown('room-1'),
        },
        {
          roomId: 'room-2',
          successCode: 'room_closed',
          message: "Room 'room-2' has been closed instead of deleted because it has recordings",
          room: shown('room-2'),
        },
      ],
    });
    const policy = { withMeeting: 'when_meeting_ends', withRecordings: 'close' };
    expect(edge.rooms.deletions).toEqual(['room-3', 'room-1', 'room-2'].map((roomId) => ({ roomId, ...policy })));
  });

  it('shows the error name of each room that failed, and processes the others', async () => {
    await open('room-1', 'room-2', 'room-3', 'room-4', 'room-5');
    edge.rooms.deleteNextAs(new RoomDeletionRefusedError('room-1', 'room_has_active_meeting'));
    edge.rooms.deleteNextAs(new LiveKitUnavailableError('refused'));
    edge.rooms.deleteNextAs('room_deleted');
    edge.rooms.deleteNextAs(new StoreUnavailableError('no primary'));
    edge.rooms.deleteNextAs(new Error('bug'));
    const { status, body } = await remove('?roomIds=room-1,room-2,room-3,room-4,room-5,none');
    expect(status).toBe(400);
    expect(body).toEqual({
      message: '5 room(s) failed to process while deleting',
      successful: [{ roomId: 'room-3', successCode: 'room_deleted', message: "Room 'room-3' deleted successfully" }],
      failed: [
        {
          roomId: 'room-1',
          error: 'room_has_active_meeting',
          message: "Room 'room-1' cannot be deleted because it has an active meeting.",
        },
        { roomId: 'room-2', error: 'LiveKit Error', message: 'LiveKit is not available' },
        { roomId: 'room-4', error: 'Storage Error', message: 'Storage is not available' },
        { roomId: 'room-5', error: 'Internal Server Error', message: "Unexpected error while deleting room 'room-5'" },
        { roomId: 'none', error: 'Room Error', message: "Room 'none' does not exist" },
      ],
    });
    expect(edge.rooms.deletions[0]).toMatchObject({ withMeeting: 'fail', withRecordings: 'fail' });
    expect(edge.lines().filter(({ msg }) => msg === 'failed for one of many ids')).toHaveLength(3);
  });

  it('shows an empty list of successes when all failed', async () => {
    const { status, body } = await remove('?roomIds=none');
    expect(status).toBe(400);
    expect(body).toEqual({
      message: '1 room(s) failed to process while deleting',
      successful: [],
      failed: [{ roomId: 'none', error: 'Room Error', message: "Room 'none' does not exist" }],
    });
  });

  it('processes a room once, even if its id is spelled twice, and drops bad ids', async () => {
    await open('room-1', 'room-2');
    const { body } = await remove('?roomIds=room-1,.<room-1,!!,room-2,room-1');
    expect((body as { successful: { roomId: string }[] }).successful.map(({ roomId }) => roomId)).toEqual(['room-1', 'room-2']);
    expect(edge.rooms.deletions).toHaveLength(2);
  });

  it('accepts a repeated parameter, with one id per value', async () => {
    await open('room-1room-2', 'room-3');
    const { body } = await remove('?roomIds=room-1,room-2&roomIds=room-3');
    expect(body).toMatchObject({ successful: [{ roomId: 'room-1room-2' }, { roomId: 'room-3' }] });
  });

  it('processes thirty rooms, ten at a time', async () => {
    const roomIds = Array.from({ length: 30 }, (_, index) => `room-${index}`);
    await open(...roomIds);
    let most = 0;
    const { get } = edge.rooms;
    let running = 0;
    edge.rooms.get = async (roomId) => {
      most = Math.max(most, ++running);
      const room = await get(roomId);
      running -= 1;
      return room;
    };
    const { status, body } = await remove(`?${roomIds.map((roomId) => `roomIds=${roomId}`).join('&')}`);
    expect(status).toBe(200);
    expect((body as { successful: { roomId: string }[] }).successful.map(({ roomId }) => roomId)).toEqual(roomIds);
    expect(most).toBe(10);
  });

  const none = 'At least one valid roomId is required after sanitization';
  it.each<[string, ...[string, string][]]>([
    ['', ['roomIds', none]],
    ['?roomIds=', ['roomIds', none]],
    ['?roomIds=,,', ['roomIds', none]],
    ['?roomIds=!!&roomIds=,', ['roomIds', none]],
    ['?roomIds[a]=room-1', ['roomIds', none]],
    [
      '?roomIds=room-1&withMeeting=later&withRecordings=a&withRecordings=b',
      ['withMeeting', "Invalid enum value. Expected 'force' | 'when_meeting_ends' | 'fail', received 'later'"],
      ['withRecordings', "Expected 'force' | 'close' | 'fail', received array"],
    ],
  ])('answers 422 to %j', async (query, ...details) => {
    await open('room-1');
    const { status, body } = await remove(query);
    expect(status).toBe(422);
    expect(body).toEqual(invalid(...details));
    expect(edge.rooms.deletions).toEqual([]);
  });

  it('checks the credentials first', async () => {
    expect((await edge.anonymous.delete('/api/v1/rooms')).status).toBe(401);
  });
});

describe('the length of a request', () => {
  let listener: Listener;
  beforeEach(async () => {
    listener = await listen('127.0.0.1', 0, edge.listener);
    return () => listener.close(0);
  });
  const remove = (ids: string[]) =>
    fetch(`${listener.url}/api/v1/recordings?recordingIds=${ids.join(',')}`, {
      method: 'DELETE',
      headers: { 'X-API-KEY': API_KEY },
    });

  it('suffices for five hundred recordings', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => idOf(index + 1, 'planning-0123456789abcde'));
    await Promise.all(ids.map(() => edge.recordings.put({ roomId: 'planning-0123456789abcde' })));
    const answer = await remove(ids);
    expect(ids.join(',').length).toBeGreaterThan(25_000);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ message: 'All recordings deleted successfully', deleted: ids });
  });

  it.each(['roomIds=', 'roomIds[]='])(
    'suffices for a thousand rooms, each as its own parameter (%s), and not for more',
    async (name) => {
      const removeRooms = async (count: number): Promise<unknown> => {
        const query = Array.from({ length: count }, (_, index) => `${name}planning-0123456789${index}`).join('&');
        const answer = await fetch(`${listener.url}/api/v1/rooms?${query}`, {
          method: 'DELETE',
          headers: { 'X-API-KEY': API_KEY },
        });
        return answer.json();
      };
      expect(await removeRooms(1_000)).toMatchObject({ message: '1000 room(s) failed to process while deleting' });
      const refused = invalid(['roomIds', 'roomIds cannot contain more than 1000 items']);
      for (const count of [1_001, 1_201, 1_500]) expect(await removeRooms(count)).toEqual(refused);
    },
  );

  it.each([
    ['DELETE', 'rooms', `roomIds=${'a,'.repeat(1_001)}`, 'roomIds', 'roomIds cannot contain more than 1000 items'],
    [
      'DELETE',
      'recordings',
      `recordingIds=${'a,'.repeat(1_001)}`,
      'recordingIds',
      'recordingIds cannot contain more than 1000 items',
    ],
    ['GET', 'recordings', `fields=${'a,'.repeat(65)}`, 'fields', 'fields cannot contain more than 64 names'],
    ['GET', 'rooms', `fields=${'a,'.repeat(65)}`, 'fields', 'fields cannot contain more than 64 names'],
    ['GET', 'rooms', 'a&'.repeat(201), '', 'Too many parameters'],
    ['GET', 'recordings', 'a=1&'.repeat(201), '', 'Too many parameters'],
  ])('is refused by its counts: %s %s', async (method, path, query, field, message) => {
    const answer = await fetch(`${listener.url}/api/v1/${path}?${query}`, { method, headers: { 'X-API-KEY': API_KEY } });
    expect([answer.status, await answer.json()]).toEqual([422, invalid([field, message])]);
  });

  it('names the first 20 faults, and how many more there are', async () => {
    const { details } = (await (await remove(Array.from({ length: 30 }, () => 'a'))).json()) as { details: object[] };
    expect(details).toHaveLength(21);
    expect(details.at(-1)).toEqual({ field: '', message: '10 more issues' });
  });

  it('is refused with 431 beyond 64 kB', async () => {
    const ids = Array.from({ length: 1_300 }, (_, index) => idOf(index, 'planning-0123456789abcde'));
    expect((await remove(ids)).status).toBe(431);
    expect((await fetch(`${listener.url}/health`)).status).toBe(200);
  });
});
