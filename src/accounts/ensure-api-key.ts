import { randomBytes } from 'node:crypto';

import type { ApiKeyStore } from './ports.js';

/**
 * Returns the first stored API key; if there is none, stores the configured key, or else `ovmeet-` and 32 random hex digits.
 *
 * @throws StoreUnavailableError retryable
 */
export async function ensureApiKey(store: ApiKeyStore, initialKey: string | undefined, now: number): Promise<string> {
  const [stored] = await store.list();
  if (stored !== undefined) return stored.key;
  const key = initialKey ?? `ovmeet-${randomBytes(16).toString('hex')}`;
  await store.add({ key, creationDate: now });
  return key;
}
