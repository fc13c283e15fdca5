import type { ApiKeyStore } from '../../accounts/ports.js';
import type { MongoConnection } from './connect.js';
import { isDuplicateKey, reading } from './driver-errors.js';
import { API_KEYS } from './indexes.js';

/** Every method is safe to repeat, so a write without an answer is reported as not done (StoreUnavailableError). */
export function createMongoApiKeys(connection: MongoConnection): ApiKeyStore {
  const collection = connection.kernel(API_KEYS);

  return {
    async list() {
      const found = await reading(() => collection.find({}, { projection: { _id: 0, key: 1, creationDate: 1 } }).toArray());
      return found.map(({ key, creationDate }) => ({ key: String(key), creationDate: Number(creationDate) }));
    },
    add: ({ key, creationDate }) =>
      reading(async () => {
        try {
          await collection.updateOne({ key }, { $setOnInsert: { schemaVersion: 1, key, creationDate } }, { upsert: true });
        } catch (error) {
          // Another upsert of the same key ran at the same time and inserted the document first.
          if (!isDuplicateKey(error)) throw error;
        }
      }),
    async removeAll() {
      await reading(() => collection.deleteMany({}));
    },
  };
}
