import { foldName } from '../folded-name.js';
import type { Migration } from '../migrations/migration.js';
import type { MongoConnection } from './connect.js';
import { reading } from './driver-errors.js';
import { RECORDINGS, ROOMS } from './indexes.js';

const BATCH = 500;
/** Documents that Tally 0.1 stored. A tombstone has no name. */
const UNNAMED = { 'tally.name': null, tally: { $ne: null }, roomName: { $type: 'string' } };

/** Give stored documents the name by which lists find them. Every write of a document stores it, too. */
export function createNaming(connection: MongoConnection): Migration {
  const collections = { recordings: connection.kernel(RECORDINGS), rooms: connection.kernel(ROOMS) };

  return {
    name: 'mongodb_names',
    isNeeded: () =>
      reading(async () => {
        const found = Object.values(collections).map((collection) => collection.findOne(UNNAMED));
        return (await Promise.all(found)).some((document) => document !== null);
      }),
    async run({ signal, onBatch }) {
      const counts = { recordings: 0, rooms: 0 };
      for (const kind of ['recordings', 'rooms'] as const) {
        for (let named: number | undefined = 0; named !== undefined;) {
          signal.throwIfAborted();
          named = await reading(() => nameSome(kind));
          counts[kind] += named ?? 0;
          onBatch(counts);
        }
      }
      return counts;
    },
  };

  /** @returns the number of documents that were named; undefined if none is left */
  async function nameSome(kind: 'recordings' | 'rooms'): Promise<number | undefined> {
    const collection = collections[kind];
    const batch = await collection
      .find(UNNAMED, { projection: { roomName: 1 } })
      .limit(BATCH)
      .toArray();
    if (batch.length === 0) return undefined;
    const writes = batch.map(({ _id, roomName }) => ({
      updateOne: { filter: { _id, ...UNNAMED }, update: { $set: { 'tally.name': foldName(String(roomName)) } } },
    }));
    return (await collection.bulkWrite(writes, { ordered: false })).modifiedCount;
  }
}
