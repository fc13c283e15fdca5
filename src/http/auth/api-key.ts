import { createHash, timingSafeEqual } from 'node:crypto';

import type { ApiKeyStore } from '../../accounts/ports.js';
import { InvalidApiKeyError, NoApiKeysError } from '../errors.js';
import type { Credential } from './authenticate.js';
import { sharedRead } from './shared-read.js';

/** The raw key in `X-API-KEY`. */
export function apiKeyCredential(apiKeys: Pick<ApiKeyStore, 'list'>): Credential {
  const list = sharedRead(() => apiKeys.list());
  return {
    read: (ctx) => ctx.get('x-api-key') || undefined,
    async verify(value) {
      const stored = await list();
      if (stored.length === 0) return { granted: false, error: new NoApiKeysError() };
      // Every stored key is compared, so the time tells nothing of which one matched.
      const good = stored.filter(({ key }) => isSame(key, value)).length > 0;
      return good ? { granted: true, principal: { kind: 'apiKey' } } : { granted: false, error: new InvalidApiKeyError() };
    },
  };
}

/** Digests have one length, so the comparison tells nothing of the key, not even its length. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
