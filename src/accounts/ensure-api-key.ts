import { randomBytes } from 'node:crypto';

import type { ApiKeyStore } from './ports.js';

/**
 * The first API key: the stored one, else the configured one, else a generated `ovmeet-` and 32 hexadecimal characters.
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
