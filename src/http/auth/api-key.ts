import { createHash, timingSafeEqual } from 'node:crypto';

import { systemClock } from '../../clock.js';
import { gather } from '../../concurrency.js';
import type { ApiKeyStore } from '../../accounts/ports.js';
import { InvalidApiKeyError, NoApiKeysError } from './errors.js';
import type { Credential } from './authenticate.js';

const ALL = 'all';
/** While one read of the keys hangs, the next one waits this many milliseconds before it starts. */
const PATIENCE_MS = 20;

/** An API key, sent as it is in the header `X-API-KEY`. */
export function apiKeyCredential(apiKeys: Pick<ApiKeyStore, 'list'>): Credential {
  const read = gather(async () => new Map([[ALL, await apiKeys.list()]]), {
    most: 1,
    patienceMs: PATIENCE_MS,
    clock: systemClock,
  });
  return {
    read: (ctx) => ctx.get('x-api-key') || undefined,
    async verify(value) {
      const stored = (await read(ALL)) ?? [];
      if (stored.length === 0) return { granted: false, error: new NoApiKeysError() };
      // Every stored key is compared, so the elapsed time does not reveal which key matched.
      const good = stored.filter(({ key }) => isSame(key, value)).length > 0;
      if (!good) return { granted: false, error: new InvalidApiKeyError() };
      return { granted: true, principal: { kind: 'apiKey', credentialId: `apiKey:${digest(value).toString('hex')}` } };
    },
  };
}

/** Compares digests: they have one length, so the elapsed time reveals nothing of the key, not even its length. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
