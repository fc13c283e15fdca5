import { describe, expect, it } from 'vitest';

import { StoreUnavailableError } from '../../../src/errors.js';
import { createEdge, type Edge } from '../support/edge.js';

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

  const ready = (edge: Edge) => edge.get('/readyz');

  it('reports every dependency and stays 200 while locks are down', async () => {
    const { status, body } = await ready(await createEdge({ readiness: () => Promise.resolve(report) }));
    expect(status).toBe(200);
    expect(body).toEqual(report);
  });

  it('shows strangers no more than which dependency is ok', async () => {
    const { anonymous } = await createEdge({ readiness: () => Promise.resolve(report) });
    const shown = { store: { ok: true }, locks: { ok: false } };
    expect((await anonymous.get('/readyz')).body).toEqual(shown);
    expect((await anonymous.get('/readyz').set('X-API-KEY', 'wrong')).body).toEqual(shown);
  });

  it('answers 503 while the store is down, without details when the key cannot be checked', async () => {
    const down = { ...report, store: { ok: false, latencyMs: 5, reason: 'refused' } };
    const credential = { read: () => 'key', verify: () => Promise.reject(new StoreUnavailableError('refused')) };
    const { status, body } = await ready(await createEdge({ readiness: () => Promise.resolve(down), credential }));
    expect(status).toBe(503);
    expect(body).toEqual({ store: { ok: false }, locks: { ok: false } });
  });

  it('answers 500 when the key cannot be checked because of a fault of Tally', async () => {
    const credential = { read: () => 'key', verify: () => Promise.reject(new TypeError('a fault')) };
    expect((await ready(await createEdge({ readiness: () => Promise.resolve(report), credential }))).status).toBe(500);
  });

  it('checks the dependencies once for all who ask within a second', async () => {
    let checks = 0;
    const edge = await createEdge({ readiness: () => Promise.resolve({ store: { ok: true, latencyMs: (checks += 1) } }) });
    await Promise.all([ready(edge), ready(edge), ready(edge)]);
    expect((await ready(edge)).body).toEqual({ store: { ok: true, latencyMs: 1 } });
    expect(checks).toBe(1);
  });
});
