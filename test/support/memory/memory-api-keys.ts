import type { ApiKey, ApiKeyStore } from '../../../src/accounts/ports.js';
import type { Gate } from '../gate.js';
import { createGate, throughGate } from '../gate.js';
import { readErrors, storeErrors } from './memory-actor-store.js';

export function createMemoryApiKeys({ gate = createGate() }: { gate?: Gate } = {}): ApiKeyStore {
  const keys = new Map<string, ApiKey>();

  return {
    list: () => throughGate(gate, 'apiKeys.list', readErrors, () => [...keys.values()].map((apiKey) => ({ ...apiKey }))),
    add: (apiKey) =>
      throughGate(gate, 'apiKeys.add', storeErrors, () => {
        if (!keys.has(apiKey.key)) keys.set(apiKey.key, { ...apiKey });
      }),
    removeAll: () =>
      throughGate(gate, 'apiKeys.removeAll', storeErrors, () => {
        keys.clear();
      }),
  };
}
