import { beforeEach, describe, expect, it } from 'vitest';

import { createMemoryApiKeys } from '../support/memory/memory-api-keys.js';
import { API_KEY, createEdge, type Edge } from './support/edge.js';

const RECORDING = '/api/v1/recordings/room-1--EG_0000000001--0000000001';
const unauthorized = (message: string) => ({ error: 'Authentication Error', message });

let edge: Edge;
beforeEach(async () => {
  edge = await createEdge();
  await edge.rooms.put({ roomId: 'room-1' });
  await edge.recordings.put({ roomId: 'room-1' });
});

const ROUTES = [
  ['POST', '/api/v1/rooms'],
  ['GET', '/api/v1/rooms'],
  ['GET', '/api/v1/rooms/room-1'],
  ['DELETE', '/api/v1/rooms/room-1'],
  ['POST', '/api/v1/recordings'],
  ['POST', `${RECORDING}/stop`],
  ['GET', '/api/v1/recordings'],
  ['GET', RECORDING],
  ['GET', `${RECORDING}/media`],
  ['DELETE', RECORDING],
] as const;

describe('the API key', () => {
  it.each(ROUTES)('is required by %s %s, else 401', async (method, path) => {
    const response = await edge.anonymous[method.toLowerCase() as 'get'](path);
    expect(response.status).toBe(401);
    expect(response.body).toEqual(unauthorized('Unauthorized'));
  });

  it.each(ROUTES)('must match a stored one for %s %s, else 401', async (method, path) => {
    const response = await edge.anonymous[method.toLowerCase() as 'get'](path).set('X-API-KEY', `${API_KEY}0`);
    expect(response.status).toBe(401);
    expect(response.body).toEqual(unauthorized('Invalid API key'));
  });

  it('is checked before the store is asked for the recording', async () => {
    await edge.anonymous.get(RECORDING);
    const { status, body } = await edge.anonymous.get(`${RECORDING}2`).set('X-API-KEY', `${API_KEY}0`);
    expect([status, body]).toEqual([401, unauthorized('Invalid API key')]);
    expect(edge.gate.trace).not.toContain('recordings.get');
    expect((await edge.get(`${RECORDING}2`)).status).toBe(404);
  });

  it('counts as absent when it is empty', async () => {
    const { body } = await edge.anonymous.get('/api/v1/rooms').set('X-API-KEY', '');
    expect(body).toEqual(unauthorized('Unauthorized'));
  });

  it('is refused with a message of its own while the store holds no key', async () => {
    edge = await createEdge({ apiKeys: createMemoryApiKeys() });
    const { status, body } = await edge.get('/api/v1/rooms');
    expect(status).toBe(401);
    expect(body).toEqual(unauthorized('There are no API keys configured yet. Please, create one to access the API'));
  });

  it('may be any of the stored keys', async () => {
    const apiKeys = createMemoryApiKeys();
    for (const key of ['first', 'second', 'third']) await apiKeys.add({ key, creationDate: 1 });
    edge = await createEdge({ apiKeys });
    for (const key of ['first', 'second', 'third']) {
      expect((await edge.anonymous.get('/api/v1/rooms').set('X-API-KEY', key)).status).toBe(200);
    }
  });

  it('counts in its own header only, not as a bearer token or a query parameter', async () => {
    expect((await edge.anonymous.get('/api/v1/rooms').set('Authorization', `Bearer ${API_KEY}`)).status).toBe(401);
    expect((await edge.anonymous.get(`/api/v1/rooms?apiKey=${API_KEY}`)).status).toBe(401);
  });

  it('cannot be checked while the store is down: 503', async () => {
    edge.gate.failNext('apiKeys.list', 'fail_before');
    const { status, body, headers } = await edge.get('/api/v1/rooms');
    expect(status).toBe(503);
    expect(body).toEqual({ error: 'Storage Error', message: 'Storage is not available' });
    expect(headers['retry-after']).toBe('2');
  });
});

describe('the order of checks in a request', () => {
  it.each([
    ['POST', '/api/v1/recordings', { roomId: '' }],
    ['POST', '/api/v1/recordings/nonsense/stop', undefined],
    ['GET', '/api/v1/recordings?maxItems=0', undefined],
    ['DELETE', '/api/v1/recordings/nonsense', undefined],
    ['POST', '/api/v1/rooms', { roomName: 5 }],
    ['GET', '/api/v1/rooms?maxItems=0', undefined],
    ['GET', '/api/v1/rooms/!!', undefined],
    ['DELETE', '/api/v1/rooms/!!?withMeeting=x', undefined],
  ])('has the credentials before the input for %s %s', async (method, path, body) => {
    const response = await edge.anonymous[method.toLowerCase() as 'post'](path).send(body);
    expect(response.status).toBe(401);
  });

  it.each(['/api/v1/recordings/nonsense', '/api/v1/recordings/nonsense/media'])(
    'has the input before the credentials for GET %s',
    async (path) => {
      expect((await edge.anonymous.get(path)).status).toBe(422);
    },
  );

  it.each([RECORDING.replace('room-1', 'none'), `${RECORDING.replace('room-1', 'none')}/media`])(
    'has the credentials before the 404 for the unknown %s',
    async (path) => {
      expect((await edge.anonymous.get(path)).status).toBe(401);
    },
  );
});
