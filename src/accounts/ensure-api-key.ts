import { randomBytes } from 'node:crypto';

import type { Log } from '../logging.js';
import type { ApiKeyStore } from './ports.js';

export interface FirstKeyOptions {
  /** `MEET_INITIAL_API_KEY` */
  initialKey: string | undefined;
  /** Epoch milliseconds. */
  now: number;
  /** Stored keys with fewer characters are reported. */
  shortestKey: number;
  log: Log;
}

/**
 * The first API key: the oldest stored one, else the configured one, else a generated `ovmeet-` and 32 hexadecimal characters. A
 * configured key that is not stored, and stored keys that are too short, are reported.
 *
 * @throws StoreUnavailableError retryable
 */
export async function ensureApiKey(store: ApiKeyStore, { initialKey, now, shortestKey, log }: FirstKeyOptions): Promise<string> {
  if ((await store.list()).length === 0) {
    await store.add({ key: initialKey ?? `ovmeet-${randomBytes(16).toString('hex')}`, creationDate: now });
  }
  // If two instances add a key at the same moment, both keys are valid; from the next start on every instance shows the older one.
  const stored = (await store.list()).sort((a, b) => a.creationDate - b.creationDate || (a.key < b.key ? -1 : 1));
  if (initialKey !== undefined && !stored.some(({ key }) => key === initialKey)) {
    log.warn({}, 'MEET_INITIAL_API_KEY has no effect: the store has other API keys already');
  }
  if (stored.some(({ key }) => key.length < shortestKey)) {
    log.warn({}, `a stored API key has fewer than ${shortestKey} characters and can be guessed: replace it by a longer one`);
  }
  const [first] = stored;
  if (first === undefined) throw new Error('every API key was deleted during the start');
  return first.key;
}
