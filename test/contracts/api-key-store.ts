import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ApiKey, ApiKeyStore } from '../../src/accounts/ports.js';
import type { Disposable } from './actor-store.js';

export interface ApiKeyStoreContract {
  name: string;
  /** Creates a store without keys. */
  create: () => Promise<Disposable & { store: ApiKeyStore }>;
}

export function apiKeyStoreContract({ name, create }: ApiKeyStoreContract): void {
  describe(`API key store: ${name}`, () => {
    let store: ApiKeyStore;
    let dispose: (() => Promise<void>) | undefined;

    beforeEach(async () => {
      ({ store, dispose } = await create());
    });
    afterEach(() => dispose?.());

    const sorted = async (): Promise<ApiKey[]> =>
      (await store.list()).sort((one, other) => one.creationDate - other.creationDate);

    it('is empty at first', async () => {
      expect(await store.list()).toEqual([]);
    });

    it('lists the keys that were added', async () => {
      await store.add({ key: 'ovmeet-1', creationDate: 1 });
      await store.add({ key: 'Initial key, taken verbatim', creationDate: 2 });
      expect(await sorted()).toEqual([
        { key: 'ovmeet-1', creationDate: 1 },
        { key: 'Initial key, taken verbatim', creationDate: 2 },
      ]);
    });

    it('keeps the first creation date when a key is added again', async () => {
      await store.add({ key: 'ovmeet-1', creationDate: 1 });
      await store.add({ key: 'ovmeet-1', creationDate: 2 });
      expect(await store.list()).toEqual([{ key: 'ovmeet-1', creationDate: 1 }]);
    });

    it('stores a key once when fifty calls add it at once', async () => {
      await Promise.all(Array.from({ length: 50 }, (_, creationDate) => store.add({ key: 'ovmeet-1', creationDate })));
      expect(await store.list()).toHaveLength(1);
    });

    it('removes all keys, and takes new ones afterwards', async () => {
      await store.add({ key: 'ovmeet-1', creationDate: 1 });
      await store.add({ key: 'ovmeet-2', creationDate: 2 });
      await store.removeAll();
      expect(await store.list()).toEqual([]);
      await store.removeAll();
      await store.add({ key: 'ovmeet-1', creationDate: 3 });
      expect(await store.list()).toEqual([{ key: 'ovmeet-1', creationDate: 3 }]);
    });
  });
}
