import { describe, expect, it } from 'vitest';

import { createEdge } from '../support/edge.js';

describe('/health', () => {
  it.each([
    ['get', '/health'],
    ['post', '/health'],
    ['delete', '/health/anything/below'],
    ['get', '/HEALTH/'],
  ] as const)('answers %s %s with OK as a page', async (method, path) => {
    const { anonymous } = await createEdge();
    const { status, text, headers } = await anonymous[method](path);
    expect(status).toBe(200);
    expect(text).toBe('OK');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
  });

  it('does not answer other paths that begin with the same letters', async () => {
    const { anonymous } = await createEdge();
    expect((await anonymous.get('/healthy')).status).toBe(404);
  });
});

describe('/livez', () => {
  it('answers as long as the event loop runs, whatever the dependencies do', async () => {
    const { anonymous } = await createEdge({ readiness: () => Promise.reject(new Error('all is lost')) });
    expect((await anonymous.get('/livez')).status).toBe(200);
  });
});

describe('/readyz', () => {
  const report = { store: { ok: true, latencyMs: 2 }, locks: { ok: false, latencyMs: 100, reason: 'refused' } };

  it('reports every dependency and stays 200 while locks are down', async () => {
    const { anonymous } = await createEdge({ readiness: () => Promise.resolve(report) });
    const { status, body } = await anonymous.get('/readyz');
    expect(status).toBe(200);
    expect(body).toEqual(report);
  });

  it('answers 503 while the store is down', async () => {
    const down = { ...report, store: { ok: false, latencyMs: 5, reason: 'refused' } };
    const { anonymous } = await createEdge({ readiness: () => Promise.resolve(down) });
    const { status, body } = await anonymous.get('/readyz');
    expect(status).toBe(503);
    expect(body).toEqual(down);
  });
});
