import type { SettingsStore } from '../../accounts/ports.js';
import type { Environment } from './environment.js';

export function createLmdbSettings(environment: Environment): SettingsStore {
  const settings = environment.table<string>('settings');

  return {
    async load(key) {
      return environment.read(() => settings.get(key));
    },
    save: (key, value) =>
      environment.write(
        () => {
          void settings.put(key, value);
        },
        { durable: true },
      ),
    add: (key, value) =>
      environment.write(
        () => {
          const stored = settings.get(key);
          if (stored === undefined) void settings.put(key, value);
          return stored ?? value;
        },
        { durable: true },
      ),
  };
}
