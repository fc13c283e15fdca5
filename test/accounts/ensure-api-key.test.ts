import { describe, expect, it } from 'vitest';

import { ensureApiKey } from '../../src/accounts/ensure-api-key.js';
import { createLogger } from '../../src/logging.js';
import { createMemoryApiKeys } from '../support/memory/memory-api-keys.js';

const LONG = 'a-key-of-twenty-four-chars';

async function setUp(stored: readonly { key: string; creationDate: number }[] = []) {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', name: 'test', destination: { write: (line) => lines.push(line) } });
  const store = createMemoryApiKeys();
  for (const each of stored) await store.add(each);
  const ensure = (initialKey?: string) => ensureApiKey(store, { initialKey, now: 5, shortestKey: 16, log });
  return { store, ensure, warnings: () => lines.map((line) => (JSON.parse(line) as { msg: string }).msg), lines };
}

describe('the first API key', () => {
  it('is generated once and stays', async () => {
    const { store, ensure, warnings } = await setUp();
    const key = await ensure();
    expect(key).toMatch(/^ovmeet-[0-9a-f]{32}$/);
    expect(await ensure()).toBe(key);
    expect(await store.list()).toEqual([{ key, creationDate: 5 }]);
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

  it('is reported when the configured one has no effect, and neither key is logged', async () => {
    const { ensure, warnings, lines } = await setUp([{ key: LONG, creationDate: 1 }]);
    expect(await ensure('another-key-of-the-environment')).toBe(LONG);
    expect(warnings()).toEqual(['MEET_INITIAL_API_KEY has no effect: the store has other API keys already']);
    expect(lines.join('')).not.toMatch(/another-key|a-key-of/);
  });

  it('is reported when a stored key can be guessed', async () => {
    const { ensure, warnings } = await setUp([{ key: 'meet-api-key', creationDate: 1 }]);
    expect(await ensure()).toBe('meet-api-key');
    expect(warnings()).toEqual(['a stored API key has fewer than 16 characters and can be guessed: replace it by a longer one']);
  });
});
