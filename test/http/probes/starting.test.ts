import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { listen, type Listener } from '../../../src/http/server/listener.js';
import { createStartingAnswers, type StartingAnswers } from '../../../src/http/probes/starting.js';

let starting: StartingAnswers;
let listener: Listener;

beforeEach(async () => {
  starting = createStartingAnswers();
  listener = await listen('127.0.0.1', 0, starting.answer);
});
afterEach(() => listener.close(0));

async function ask(path: string, init: RequestInit = {}): Promise<{ status: number; retryAfter: string | null; body: string }> {
  const response = await fetch(`${listener.url}${path}`, init);
  return { status: response.status, retryAfter: response.headers.get('Retry-After'), body: await response.text() };
}

describe('while Tally starts', () => {
  it.each(['/livez', '/livez/', '/LIVEZ?probe=1', '/health', '/health/deep'])('%s answers 200 OK', async (path) => {
    expect(await ask(path)).toEqual({ status: 200, retryAfter: null, body: 'OK' });
    expect(await ask(path, { method: 'HEAD' })).toEqual({ status: 200, retryAfter: null, body: '' });
  });

  it('/readyz answers 503 and says starting, then migrating', async () => {
    expect(await ask('/readyz')).toEqual({ status: 503, retryAfter: '2', body: '{"status":"starting"}' });
    starting.migrating();
    expect(await ask('/readyz/?verbose')).toEqual({ status: 503, retryAfter: '2', body: '{"status":"migrating"}' });
    expect(await ask('/readyz', { method: 'HEAD' })).toEqual({ status: 503, retryAfter: '2', body: '' });
  });

  it.each([
    ['GET', '/api/v1/rooms', undefined],
    ['POST', '/api/v1/recordings', JSON.stringify({ roomId: 'room', padding: 'x'.repeat(100_000) })],
    ['POST', '/livekit/webhook', '{}'],
    ['DELETE', '/', undefined],
    ['GET', '/livezz', undefined],
    ['GET', '/healthy', undefined],
  ])('%s %s answers 503 in the words of the API', async (method, path, body) => {
    const answer = await ask(path, { method, ...(body !== undefined && { body }) });
    expect(answer).toMatchObject({ status: 503, retryAfter: '2' });
    expect(JSON.parse(answer.body)).toEqual({ error: 'Storage Error', message: 'Storage is not available' });
  });

  it('/readyz has the type and length of its JSON', async () => {
    const response = await fetch(`${listener.url}/readyz`);
    expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('Content-Length')).toBe(String((await response.text()).length));
  });

  it('the edge takes over when it is there', async () => {
    listener.serve((_request, response) => response.end('served'));
    expect(await ask('/readyz')).toMatchObject({ status: 200, body: 'served' });
  });
});
