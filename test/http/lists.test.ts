import { beforeEach, describe, expect, it } from 'vitest';

import { createEdge, invalid, type Edge } from './support/edge.js';

interface Body {
  recordings?: { recordingId: string; roomId: string }[];
  rooms?: { roomId: string }[];
  pagination: { isTruncated: boolean; nextPageToken?: string; maxItems: number };
}

let edge: Edge;
beforeEach(async () => {
  edge = await createEdge();
});

const list = async (path: string): Promise<Body> => (await edge.get(path)).body as Body;

async function putRecordings(count: number, roomId = 'room-1'): Promise<void> {
  for (let index = 0; index < count; index += 1) await edge.recordings.put({ roomId, startDate: 1000 + index });
}

describe.each([
  ['/api/v1/recordings', 'recordings'],
  ['/api/v1/rooms', 'rooms'],
])('GET %s', (path, name) => {
  it('answers an empty page when nothing is stored', async () => {
    expect(await list(path)).toEqual({ [name]: [], pagination: { isTruncated: false, maxItems: 10 } });
  });

  it.each([
    ['1', 1],
    ['100', 100],
    ['101', 100],
    ['1e3', 100],
    ['12.78', 12],
    ['%2012%20', 12],
    ['Infinity', 100],
  ])('reads maxItems=%s as %i', async (text, maxItems) => {
    expect((await list(`${path}?maxItems=${text}`)).pagination.maxItems).toBe(maxItems);
  });

  it.each([
    ['maxItems=abc', 'Expected number, received nan'],
    ['maxItems=1&maxItems=2', 'Expected number, received nan'],
    ['maxItems[a]=1', 'Expected number, received nan'],
    ['maxItems=0', 'maxItems must be a positive number'],
    ['maxItems=-5', 'maxItems must be a positive number'],
    ['maxItems=', 'maxItems must be a positive number'],
    ['maxItems=0.5', 'maxItems must be a positive number'],
  ])('answers 422 to %s', async (query, message) => {
    const { status, body } = await edge.get(`${path}?${query}`);
    expect(status).toBe(422);
    expect(body).toEqual(invalid(['maxItems', message]));
  });

  const tokens = [
    'nonsense',
    'e30=',
    Buffer.from('[1]').toString('base64'),
    Buffer.from('{"fieldValue":"1","id":"a"}').toString('base64'),
  ];
  it.each(tokens)('answers 422 to the malformed page token %s', async (token) => {
    const { status, body } = await edge.get(`${path}?nextPageToken=${encodeURIComponent(token)}`);
    expect(status).toBe(422);
    expect(body).toEqual(invalid(['nextPageToken', 'nextPageToken is not valid']));
  });

  it('answers 422 to a page token with an id that is too long', async () => {
    const token = Buffer.from(JSON.stringify({ fieldValue: 1, id: 'a'.repeat(5_000) })).toString('base64');
    expect((await edge.get(`${path}?nextPageToken=${encodeURIComponent(token)}`)).body).toEqual(
      invalid(['nextPageToken', 'nextPageToken is not valid']),
    );
  });

  it('ignores an empty page token', async () => {
    expect((await edge.get(`${path}?nextPageToken=`)).status).toBe(200);
  });

  it.each([
    ['fields[x]=y', 'fields', 'Expected string, received object'],
    ['fields=a&fields=b', 'fields', 'Expected string, received array'],
    ['roomName=a&roomName=b', 'roomName', 'Expected string, received array'],
    ['nextPageToken[]=a', 'nextPageToken', 'Expected string, received array'],
  ])('answers 422 to %s', async (query, field, message) => {
    const { status, body } = await edge.get(`${path}?${query}`);
    expect(status).toBe(422);
    expect(body).toEqual(invalid([field, message]));
  });

  it('ignores unknown parameters', async () => {
    expect((await edge.get(`${path}?colour[deep]=red&sortOrder=7`)).status).toBe(200);
  });

  it('reports all bad parameters at once', async () => {
    const { body } = await edge.get(`${path}?maxItems=0&fields[x]=y`);
    expect(body).toEqual(
      invalid(['maxItems', 'maxItems must be a positive number'], ['fields', 'Expected string, received object']),
    );
  });

  it('answers 503 while the store is down', async () => {
    edge.gate.failNext(`${name}.list`, 'fail_before');
    const { status, body } = await edge.get(path);
    expect(status).toBe(503);
    expect(body).toEqual({ error: 'Storage Error', message: 'Storage is not available' });
  });
});

describe('listing recordings', () => {
  it('shows each recording once over all pages, newest first, while others are added and removed', async () => {
    await putRecordings(6);
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const query = token === undefined ? '' : `&nextPageToken=${encodeURIComponent(token)}`;
      const { recordings = [], pagination } = await list(`/api/v1/recordings?maxItems=4${query}`);
      seen.push(...recordings.map(({ recordingId }) => recordingId.slice(-1)));
      expect(pagination.isTruncated).toBe(pagination.nextPageToken !== undefined);
      token = pagination.nextPageToken;
      await edge.recordings.put({ startDate: 5000 });
    } while (token !== undefined);
    expect(seen).toEqual(['6', '5', '4', '3', '2', '1']);
  });

  it('encodes the last item as the page token, in standard Base64', async () => {
    await putRecordings(2);
    const { pagination } = await list('/api/v1/recordings?maxItems=1');
    expect(JSON.parse(Buffer.from(pagination.nextPageToken ?? '', 'base64').toString())).toEqual({
      fieldValue: 1001,
      id: expect.any(String),
    });
  });

  it('pages past recordings without a start date', async () => {
    await edge.recordings.put({});
    await edge.recordings.put({});
    const first = await list('/api/v1/recordings?maxItems=1');
    const token = encodeURIComponent(first.pagination.nextPageToken ?? '');
    const second = await list(`/api/v1/recordings?maxItems=1&nextPageToken=${token}`);
    expect(second.recordings?.[0]?.recordingId).not.toBe(first.recordings?.[0]?.recordingId);
    expect(second.pagination).toEqual({ isTruncated: false, maxItems: 1 });
  });

  it('combines the filters for room, part of the room name, and status with AND', async () => {
    await putRecordings(2, 'room-1');
    await putRecordings(1, 'room-2');
    await edge.recordings.put({ roomId: 'room-1', roomName: 'Weekly Sync' }, 'failed');
    const count = async (query: string) => (await list(`/api/v1/recordings?${query}`)).recordings?.length;
    expect(await count('roomId=room-1')).toBe(3);
    expect(await count('roomId=%20room-1!')).toBe(3);
    expect(await count('roomName=WEEKLY')).toBe(1);
    expect(await count('roomName=%20')).toBe(4);
    expect(await count('roomName=.*')).toBe(0);
    expect(await count('status=failed')).toBe(1);
    expect(await count('roomId=room-2&roomName=weekly')).toBe(0);
  });

  it.each([
    ['roomId=', 'roomId', 'roomId is required and cannot be empty'],
    ['roomId=!', 'roomId', 'roomId cannot be empty after sanitization'],
    ['roomId=a&roomId=b', 'roomId', 'Expected string, received array'],
    [
      'status=done',
      'status',
      "Invalid enum value. Expected 'starting' | 'active' | 'ending' | 'complete' | 'failed' | 'aborted' | 'limit_reached', received 'done'",
    ],
    [
      'status[]=active',
      'status',
      "Expected 'starting' | 'active' | 'ending' | 'complete' | 'failed' | 'aborted' | 'limit_reached', received array",
    ],
  ])('answers 422 to the bad value in %s', async (query, field, message) => {
    const { status, body } = await edge.get(`/api/v1/recordings?${query}`);
    expect(status).toBe(422);
    expect(body).toEqual(invalid([field, message]));
  });

  it('shows only the requested fields', async () => {
    await putRecordings(1);
    const { recordings } = await list('/api/v1/recordings?fields=roomId,status,secret');
    expect(recordings).toEqual([{ roomId: 'room-1', status: 'complete' }]);
    expect((await list('/api/v1/recordings?fields=none')).recordings).toEqual([{}]);
  });
});

describe('listing rooms', () => {
  it('shows the newest rooms first, with links, and filters by part of the name', async () => {
    await edge.rooms.put({ roomId: 'a', roomName: 'test-room', creationDate: 1 });
    await edge.rooms.put({ roomId: 'b', roomName: 'other-room', creationDate: 2 });
    const all = await list('/api/v1/rooms');
    expect(all.rooms?.map(({ roomId }) => roomId)).toEqual(['b', 'a']);
    expect(all.rooms?.[0]).toMatchObject({ moderatorUrl: 'https://meet.example.com/room/b?secret=aaaaaaaaaa' });
    expect((await list('/api/v1/rooms?roomName=TEST&fields=roomId')).rooms).toEqual([{ roomId: 'a' }]);
  });

  it('answers an unexpected error with 500 and names the operation', async () => {
    edge = await createEdge({ roomStore: { list: () => Promise.reject(new Error('bug')) } });
    const { status, body } = await edge.get('/api/v1/rooms');
    expect(status).toBe(500);
    expect(body).toEqual({ error: 'Internal Server Error', message: 'Unexpected error while getting rooms' });
  });
});
