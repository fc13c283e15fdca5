import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { SettingsStore } from '../../src/accounts/ports.js';
import type { Disposable } from './actor-store.js';

export interface SettingsStoreContract {
  name: string;
  /** Creates a store without settings. */
  create: () => Promise<Disposable & { store: SettingsStore }>;
}

export function settingsStoreContract({ name, create }: SettingsStoreContract): void {
  describe(`settings store: ${name}`, () => {
    let store: SettingsStore;
    let dispose: (() => Promise<void>) | undefined;

    beforeEach(async () => {
      ({ store, dispose } = await create());
    });
    afterEach(() => dispose?.());

    it('has no value for a key that was never stored', async () => {
      await store.save('other', 'value');
      expect(await store.load('key')).toBeUndefined();
    });

    it('loads the value that was saved last', async () => {
      await store.save('key', 'first');
      await store.save('other', 'of another key');
      await store.save('key', 'second');
      expect([await store.load('key'), await store.load('other')]).toEqual(['second', 'of another key']);
    });

    it('adds a value only to a key without one, and returns the stored value', async () => {
      expect(await store.add('key', 'first')).toBe('first');
      expect(await store.add('key', 'second')).toBe('first');
      expect(await store.load('key')).toBe('first');
      await store.save('key', 'third');
      expect(await store.add('key', 'fourth')).toBe('third');
    });

    it('gives twenty calls that add different values at once the same value', async () => {
      const got = await Promise.all(Array.from({ length: 20 }, (_, index) => store.add('key', `value ${index}`)));
      expect(new Set(got).size).toBe(1);
      expect(await store.load('key')).toBe(got[0]);
    });

    it('accepts twenty saves of one key at once', async () => {
      await Promise.all(Array.from({ length: 20 }, () => store.save('key', 'value')));
      expect(await store.load('key')).toBe('value');
    });
  });
}
