import type { ApiKey, ApiKeyStore } from '../../accounts/ports.js';
import type { Environment } from './environment.js';

export function createLmdbApiKeys(environment: Environment): ApiKeyStore {
  const keys = environment.table<ApiKey>('apiKeys');

  return {
    async list() {
      return environment.read(() => [...keys.getRange()].map(({ value }) => value));
    },
    add: (apiKey) =>
      environment.write(
        () => {
          if (!keys.doesExist(apiKey.key)) void keys.put(apiKey.key, apiKey);
        },
        { durable: true },
      ),
    removeAll: () =>
      environment.write(
        () => {
          for (const key of [...keys.getKeys()]) void keys.remove(key);
        },
        { durable: true },
      ),
  };
}
