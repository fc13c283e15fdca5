import type { SettingsStore } from '../../../src/accounts/ports.js';
import type { Gate } from '../gate.js';
import { createGate, throughGate } from '../gate.js';
import { readErrors, storeErrors } from './memory-actor-store.js';

export function createMemorySettings({ gate = createGate() }: { gate?: Gate } = {}): SettingsStore {
  const settings = new Map<string, string>();

  return {
    load: (key) => throughGate(gate, 'settings.load', readErrors, () => settings.get(key)),
    save: (key, value) =>
      throughGate(gate, 'settings.save', storeErrors, () => {
        settings.set(key, value);
      }),
    add: (key, value) =>
      throughGate(gate, 'settings.add', storeErrors, () => {
        const stored = settings.get(key) ?? value;
        settings.set(key, stored);
        return stored;
      }),
  };
}
