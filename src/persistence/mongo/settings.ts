import type { SettingsStore } from '../../accounts/ports.js';
import type { MongoConnection } from './connect.js';
import { isDuplicateKey, reading } from './driver-errors.js';
import { SETTINGS } from './indexes.js';

const FIRST = { schemaVersion: 1 };

/** Every method is safe to repeat, so a write without an answer is reported as not done (StoreUnavailableError). */
export function createMongoSettings(connection: MongoConnection): SettingsStore {
  const collection = connection.kernel(SETTINGS);

  return {
    load,
    async save(key, value) {
      await upsert(key, { $set: { value }, $setOnInsert: FIRST });
    },
    async add(key, value) {
      await upsert(key, { $setOnInsert: { ...FIRST, value } });
      return (await load(key)) ?? value;
    },
  };

  async function load(key: string): Promise<string | undefined> {
    const found = await reading(() => collection.findOne({ key }));
    return found === null ? undefined : String(found['value']);
  }

  /** Of two upserts that insert the same key at the same time, one fails; its repetition finds the document. */
  async function upsert(key: string, change: object): Promise<void> {
    const update = () => collection.updateOne({ key }, change, { upsert: true });
    await reading(() => update().catch((error: unknown) => (isDuplicateKey(error) ? update() : Promise.reject(error as Error))));
  }
}
