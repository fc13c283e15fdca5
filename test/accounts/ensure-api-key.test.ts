import { describe, expect, it } from 'vitest';

import { ensureApiKey } from '../../src/accounts/ensure-api-key.js';
import { createLogger } from '../../src/logging.js';
import { createGate } from '../support/gate.js';
import { createMemoryApiKeys } from '../support/memory/memory-api-keys.js';
import { createMemoryJobLocks } from '../support/memory/memory-job-locks.js';
import { createMemorySettings } from '../support/memory/memory-settings.js';
import { createTestClock } from '../support/test-clock.js';

const LONG = 'a-key-of-twenty-four-chars';
const GENERATED = /^ovmeet-[0-9a-f]{32}$/;

async function setUp(stored: readonly { key: string; creationDate: number }[] = []) {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', name: 'test', destination: { write: (line) => lines.push(line) } });
  const gate = createGate();
  const clock = createTestClock();
  const store = createMemoryApiKeys({ gate });
  for (const each of stored) await store.add(each);
  const shared = { apiKeys: store, settings: createMemorySettings({ gate }), locks: createMemoryJobLocks({ gate, clock }) };
  const { signal } = new AbortController();
  const ensure = (initialKey?: string, resetText?: string) =>
    ensureApiKey({ ...shared, clock, signal, log, initialKey, resetText, shortestKey: 16 });
  return { store, gate, clock, ensure, warnings: () => lines.map((line) => (JSON.parse(line) as { msg: string }).msg), lines };
}

describe('the first API key', () => {
  it('is generated once and stays', async () => {
    const { store, ensure, clock, warnings } = await setUp();
    const key = await ensure();
    expect(key).toMatch(GENERATED);
    expect(await ensure()).toBe(key);
    expect(await store.list()).toEqual([{ key, creationDate: clock.now() }]);
    expect(warnings()).toEqual([]);
  });

  it('is the configured one when none is stored', async () => {
    const { ensure, warnings } = await setUp();
    expect(await ensure(LONG)).toBe(LONG);
    expect(warnings()).toEqual([]);
  });

  it('is the oldest stored one, whatever their order', async () => {
    const { ensure } = await setUp([
      { key: `${LONG}-2`, creationDate: 2 },
      { key: `${LONG}-1`, creationDate: 1 },
    ]);
    expect(await ensure()).toBe(`${LONG}-1`);
  });

  it('is the same for two instances that start at the same moment', async () => {
    const { store, ensure, clock } = await setUp();
    const both = Promise.all([ensure(), ensure()]);
    await clock.run(1_000);
    const [one, other] = await both;
    expect(one).toBe(other);
    expect(await store.list()).toHaveLength(1);
  });

  it('is stored without the lock, and this is logged, when the lock service cannot be reached', async () => {
    const { gate, ensure, warnings } = await setUp();
    gate.failNext('jobLocks.acquire', 'fail_before');
    expect(await ensure(LONG)).toBe(LONG);
    expect(warnings()).toEqual(['the preparations of the store run without their lock']);
  });

  it('is reported when the configured one has no effect, and neither key is logged', async () => {
    const { ensure, warnings, lines } = await setUp([{ key: LONG, creationDate: 1 }]);
    expect(await ensure('another-key-of-the-environment')).toBe(LONG);
    expect(warnings()).toEqual([
      'MEET_INITIAL_API_KEY has no effect: the store has other API keys, which TALLY_RESET_API_KEY replaces',
    ]);
    expect(lines.join('')).not.toMatch(/another-key|a-key-of/);
  });

  it('is reported when a stored key can be guessed', async () => {
    const { ensure, warnings } = await setUp([{ key: 'meet-api-key', creationDate: 1 }]);
    expect(await ensure()).toBe('meet-api-key');
    expect(warnings()).toEqual(['a stored API key has fewer than 16 characters and can be guessed: replace it by a longer one']);
  });
});

describe('TALLY_RESET_API_KEY', () => {
  const stored = [
    { key: `${LONG}-1`, creationDate: 1 },
    { key: `${LONG}-2`, creationDate: 2 },
  ];

  it('replaces all stored keys by a generated one, once for each text', async () => {
    const { store, ensure, warnings, lines } = await setUp(stored);
    const first = await ensure(undefined, 'lost the key');
    expect(first).toMatch(GENERATED);
    expect(await ensure(undefined, 'lost the key')).toBe(first);
    expect(await ensure()).toBe(first);
    const second = await ensure(undefined, 'lost it again');
    expect(second).not.toBe(first);
    // An instance that still has the first text restarts.
    expect(await ensure(undefined, 'lost the key')).toBe(second);
    expect((await store.list()).map(({ key }) => key)).toEqual([second]);
    expect(warnings()).toEqual(Array(2).fill('TALLY_RESET_API_KEY: the stored API keys were replaced by a new one'));
    expect(lines.join('')).not.toMatch(/lost|ovmeet/);
  });

  it('replaces them by MEET_INITIAL_API_KEY when it is set', async () => {
    const { store, ensure } = await setUp(stored);
    expect(await ensure('the-configured-api-key', 'text')).toBe('the-configured-api-key');
    expect(await store.list()).toHaveLength(1);
  });

  it('replaces them once when two instances start at the same moment', async () => {
    const { store, ensure, clock, warnings } = await setUp(stored);
    const both = Promise.all([ensure(undefined, 'text'), ensure(undefined, 'text')]);
    await clock.run(1_000);
    const [one, other] = await both;
    expect(one).toBe(other);
    expect(await store.list()).toHaveLength(1);
    expect(warnings()).toHaveLength(1);
  });

  it.each(['apiKeys.add', 'settings.save'])('takes effect at the next start when the store fails at %s', async (call) => {
    const { gate, store, ensure } = await setUp(stored);
    gate.failNext(call, 'fail_before');
    await expect(ensure(undefined, 'text')).rejects.toMatchObject({ code: 'store.unavailable' });
    const key = await ensure(undefined, 'text');
    expect(key).toMatch(GENERATED);
    expect((await store.list()).map((each) => each.key)).toEqual([key]);
  });
});
