import { beforeEach, describe, expect, it } from 'vitest';

import { API_KEY, createEdge, invalid, type Edge } from './support/edge.js';

const pathNotFound = { error: 'Path Not Found', message: 'API path not implemented' };
const malformedBody = { error: 'Bad Request', message: 'Malformed body' };

let edge: Edge;
beforeEach(async () => {
  edge = await createEdge();
});

it.each(['/api/v1/rooms', '/api/v1/rooms/room-1', '/api/v1/rooms/room-1/config', '/api/v1/recordings'])(
  'JSON is never kept by a cache, because rooms show links with secrets: %s',
  async (path) => {
    await edge.rooms.put({ roomId: 'room-1' });
    const { status, headers } = await edge.get(path);
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
  },
);

describe('the HTTP edge, for paths,', () => {
  it.each(['/api/v1/rooms', '/API/V1/Rooms', '/api/v1/rooms/', '/api/v1/ROOMS/'])(
    'ignores case and a trailing slash: %s',
    async (path) => {
      const { status } = await edge.get(path);
      expect(status).toBe(200);
    },
  );

  it('keeps the case of path parameters', async () => {
    await edge.rooms.put({ roomId: 'Room-ABC' });
    const { body } = await edge.get('/API/v1/rooms/Room-ABC/');
    expect(body).toMatchObject({ roomId: 'Room-ABC' });
  });

  it.each([
    ['GET', '/'],
    ['GET', '/api/v1'],
    ['GET', '/api/v1/nothing'],
    ['PATCH', '/api/v1/rooms'],
    ['PUT', '/api/v1/recordings/room-1--EG_a--b'],
    ['GET', '/livekit/webhook'],
    ['GET', '/internal-api/v1/recordings'],
    ['DELETE', '/anything/else'],
  ])('answers %s %s with Path Not Found, never 405', async (method, path) => {
    const response = await edge.anonymous[method.toLowerCase() as 'get'](path);
    expect(response.status).toBe(404);
    expect(response.body).toEqual(pathNotFound);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('answers a bad percent-escape with 400', async () => {
    const { status, body } = await edge.get('/api/v1/rooms/%E0%A4%A');
    expect(status).toBe(400);
    expect(body).toEqual({ error: 'Bad Request', message: 'Malformed path' });
  });

  it('answers HEAD like GET, without a body', async () => {
    const get = await edge.get('/api/v1/rooms');
    const head = await edge.head('/api/v1/rooms');
    expect(head.status).toBe(200);
    expect(head.text).toBeUndefined();
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect(head.headers['content-type']).toBe('application/json; charset=utf-8');
  });
});

describe('the HTTP edge, for bodies,', () => {
  const post = (type: string, body: string) =>
    edge.anonymous.post('/api/v1/rooms').set('X-API-KEY', API_KEY).set('Content-Type', type).send(body);

  it.each(['{"roomName": ', '"text"', '12', 'null', 'true', '[1,'])('answers 400 to the malformed JSON %s', async (text) => {
    const { status, body } = await post('application/json', text);
    expect(status).toBe(400);
    expect(body).toEqual(malformedBody);
  });

  it('checks credentials before it reads a body', async () => {
    const { status } = await edge.anonymous.post('/api/v1/recordings').set('Content-Type', 'application/json').send('{');
    expect(status).toBe(401);
  });

  it.each([
    ['text/plain', '{"roomName": 5}'],
    ['application/xml', '<a/>'],
    ['application/vnd.api+json', '{"roomName": 5}'],
    ['application/octet-stream', 'x'],
  ])('treats a body of type %s as an empty object', async (type, text) => {
    const { status, body } = await post(type, text);
    expect(status).toBe(201);
    expect(body).toMatchObject({ roomName: 'Room' });
  });

  it('treats a missing body and empty JSON as an empty object', async () => {
    expect((await edge.post('/api/v1/rooms')).status).toBe(201);
    expect((await post('application/json', '')).status).toBe(201);
  });

  it('reads forms with nested brackets', async () => {
    const { status, body } = await post(
      'application/x-www-form-urlencoded',
      'roomName=Forms&autoDeletionPolicy[withMeeting]=force&autoDeletionPolicy[withRecordings]=close',
    );
    expect(status).toBe(201);
    expect(body).toMatchObject({ roomName: 'Forms', autoDeletionPolicy: { withMeeting: 'force', withRecordings: 'close' } });
  });

  it.each(['application/json', 'application/x-www-form-urlencoded'])(
    'accepts 100 KB of %s and answers 413 to more',
    async (type) => {
      const wrap = type === 'application/json' ? (text: string) => `{"x":"${text}"}` : (text: string) => `x=${text}`;
      const fits = 'a'.repeat(102_400 - wrap('').length);
      expect((await post(type, wrap(fits))).status).toBe(201);
      expect((await post(type, wrap(`${fits}a`))).status).toBe(413);
    },
  );

  it('answers 415 to JSON in a charset other than UTF-8', async () => {
    expect((await post('application/json; charset=x-unknown', '{}')).status).toBe(415);
    expect((await post('application/json; charset=UTF-8', '{}')).status).toBe(201);
  });

  it('reports an array in place of an object under an empty field name', async () => {
    const { status, body } = await post('application/json', '[]');
    expect(status).toBe(422);
    expect(body).toEqual(invalid(['', 'Expected object, received array']));
  });

  it('drops unknown properties', async () => {
    const { status, body } = await edge.post('/api/v1/rooms', { roomName: 'A', colour: 'red' });
    expect(status).toBe(201);
    expect(body).not.toHaveProperty('colour');
  });
});

describe('the HTTP edge, for CORS,', () => {
  it('allows the configured origin in all answers, errors included', async () => {
    for (const path of ['/api/v1/rooms', '/nowhere', '/health']) {
      const { headers } = await edge.anonymous.get(path);
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers['access-control-expose-headers']).toBe('ETag,Content-Range,Retry-After,Location,X-Request-Id');
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
      expect(headers['vary']).toBeUndefined();
    }
  });

  it.each(['/api/v1/rooms', '/livekit/webhook', '/nowhere'])('answers a preflight for %s', async (path) => {
    const response = await edge.anonymous.options(path).set('Access-Control-Request-Headers', 'x-api-key,content-type');
    expect(response.status).toBe(204);
    expect(response.text).toBe('');
    expect(response.headers).toMatchObject({
      'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE',
      'access-control-allow-headers': 'x-api-key,content-type',
      vary: 'Access-Control-Request-Headers',
    });
  });

  it('allows credentials and adds Vary: Origin when a single origin is allowed', async () => {
    edge = await createEdge({ corsOrigin: 'https://app.example.com' });
    const { headers } = await edge.get('/api/v1/rooms').set('Origin', 'https://elsewhere.example.com');
    expect(headers['access-control-allow-origin']).toBe('https://app.example.com');
    expect(headers['access-control-allow-credentials']).toBe('true');
    expect(headers['vary']).toBe('Origin');
    const preflight = await edge.anonymous.options('/api/v1/rooms');
    expect(preflight.headers['vary']).toBe('Origin, Access-Control-Request-Headers');
  });

  it('sends no headers when the configured origin is empty', async () => {
    edge = await createEdge({ corsOrigin: '' });
    const { headers } = await edge.get('/api/v1/rooms');
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect((await edge.anonymous.options('/api/v1/rooms')).status).toBe(404);
  });
});

describe('the base URL of links', () => {
  const location = async (edge: Edge, headers: Record<string, string>) =>
    String((await edge.post('/api/v1/rooms', {}).set(headers)).headers['location']).replace(/\/api\/v1\/rooms\/.*/, '');

  it.each([
    ['https://meet.example.com/', 'https://meet.example.com'],
    ['https://meet.example.com:443', 'https://meet.example.com'],
    ['http://meet.example.com:80/', 'http://meet.example.com'],
    ['http://meet.example.com:443', 'http://meet.example.com:443'],
    ['https://example.com/meet', 'https://example.com/meet'],
  ])('is the configured %s without a trailing slash and a default port', async (baseUrl, expected) => {
    edge = await createEdge({ baseUrl });
    expect(await location(edge, { Host: 'other.example.com' })).toBe(expected);
  });

  it('is by default the scheme and host of the request', async () => {
    edge = await createEdge({ baseUrl: '' });
    expect(await location(edge, { Host: 'one.example.com:8080' })).toBe('http://one.example.com:8080');
    expect(await location(edge, { Host: '[::1]:6080' })).toBe('http://[::1]:6080');
  });

  it('never follows X-Forwarded-Host, and X-Forwarded-Proto only behind a trusted proxy', async () => {
    const forwarded = { Host: 'a.example.com', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'evil.example.com' };
    edge = await createEdge({ baseUrl: '' });
    expect(await location(edge, forwarded)).toBe('http://a.example.com');
    edge = await createEdge({ baseUrl: '', trustProxyHops: 1 });
    expect(await location(edge, forwarded)).toBe('https://a.example.com');
    expect(await location(edge, { ...forwarded, 'X-Forwarded-Proto': 'javascript' })).toBe('http://a.example.com');
  });

  it('never echoes a malformed Host header', async () => {
    edge = await createEdge({ baseUrl: '', port: 6081 });
    expect(await location(edge, { Host: 'a"><script>' })).toBe('http://localhost:6081');
  });
});

describe('every answer of the HTTP edge', () => {
  it.each(['/api/v1/rooms', '/api/v1/recordings/none/media', '/nowhere', '/health'])(
    'forbids to guess its type: %s',
    async (path) => {
      expect((await edge.get(path)).headers['x-content-type-options']).toBe('nosniff');
    },
  );
});
