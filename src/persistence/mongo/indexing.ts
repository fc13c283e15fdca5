import { mongo } from 'mongoose';

import type { Migration } from '../migrations/migration.js';
import type { MongoConnection, StoredCollection } from './connect.js';
import { makeUidsDistinct } from './distinct-uids.js';
import { isDuplicateKey, reading } from './driver-errors.js';
import { COMMON_INDEXES, type Index, RECORDINGS, UNIQUE_INDEXES } from './indexes.js';

type Indexes = Readonly<Record<string, readonly Index[]>>;

const NAMESPACE_NOT_FOUND = 26;
const BAD_VALUE = 2;
const INDEX_NOT_FOUND = 27;

/**
 * Build the missing indexes, the unique ones last, and wait for indexes that are still being built. Indexes of other programs
 * stay, and an index with the same keys counts as ours under any name.
 *
 * The first release built the unique indexes over all documents. They are dropped when those that replace them are ready, so that
 * the fields stay unique throughout.
 */
export function createIndexing(connection: MongoConnection): Migration {
  return {
    name: 'mongodb_indexes',
    isNeeded: () =>
      reading(async () => {
        const lacking = [await unfinished(COMMON_INDEXES), await unfinished(UNIQUE_INDEXES)];
        const isLacking = lacking.some((collections) => collections.some(({ indexes }) => indexes.length > 0));
        return isLacking || (await replaced()).length > 0;
      }),
    run: ({ signal }) =>
      reading(async () => {
        const common = await build(COMMON_INDEXES);
        signal.throwIfAborted();
        let renamed = 0;
        const unique = await build(UNIQUE_INDEXES).catch(async (error: unknown) => {
          if (isDuplicateKey(error)) renamed = await makeUidsDistinct(connection.kernel(RECORDINGS));
          if (renamed === 0) throw error;
          return build(UNIQUE_INDEXES);
        });
        const former = await replaced();
        for (const { collection, name } of former) await dropIndex(collection, name);
        return { built: common + unique, renamed, dropped: former.length };
      }),
  };

  /** The unique indexes over all documents, which the partial ones replace. */
  async function replaced(): Promise<{ collection: StoredCollection; name: string }[]> {
    const found = Object.entries(UNIQUE_INDEXES).map(async ([collectionName, indexes]) => {
      const collection = connection.kernel(collectionName);
      const whole = (await indexesOf(collection)).filter((each) => each.partialFilterExpression === undefined);
      const former = whole.filter((each) => indexes.some((index) => isOf(each, index)));
      return former.map(({ name = '' }) => ({ collection, name }));
    });
    return (await Promise.all(found)).flat();
  }

  /** @returns the number of indexes that were built or waited for */
  async function build(wanted: Indexes): Promise<number> {
    const collections = await unfinished(wanted);
    await Promise.all(collections.map(({ name, indexes }) => connection.createIndexes(name, indexes)));
    return collections.reduce((sum, { indexes }) => sum + indexes.length, 0);
  }

  async function unfinished(wanted: Indexes): Promise<{ name: string; indexes: mongo.IndexDescription[] }[]> {
    return Promise.all(
      Object.entries(wanted).map(async ([name, indexes]) => {
        const collection = connection.kernel(name);
        const present = await indexesOf(collection);
        const states = indexes.map((index) => stateOf(index, collection, present));
        return { name, indexes: (await Promise.all(states)).flatMap((unready) => unready ?? []) };
      }),
    );
  }
}

/** @returns the index to build or to wait for; undefined if it is ready */
async function stateOf(
  index: Index,
  collection: StoredCollection,
  present: readonly mongo.IndexDescriptionInfo[],
): Promise<mongo.IndexDescription | undefined> {
  const { key, unique, only } = index;
  const filter = only?.partialFilterExpression;
  const found = present.find(
    (each) => isOf(each, index) && (filter === undefined || isSame(each.partialFilterExpression, filter)),
  );
  const wanted = { key, ...(unique === true && { unique }), ...only };
  if (found?.name === undefined) return wanted;
  return (await isReady(collection, found.name, filter)) ? undefined : { ...wanted, name: found.name };
}

/** Whether the index has these keys and is unique if it must be. */
function isOf(present: mongo.IndexDescriptionInfo, { key, unique }: Index): boolean {
  return isSame(present.key, key) && (unique === undefined || present.unique === true);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether an index is built completely. MongoDB lists unfinished indexes too, but refuses a query with a hint to one. */
async function isReady(collection: StoredCollection, name: string, filter: object = {}): Promise<boolean> {
  try {
    await collection.find(filter, { hint: name, projection: { _id: 1 }, limit: 1 }).toArray();
    return true;
  } catch (error) {
    if (error instanceof mongo.MongoServerError && error.code === BAD_VALUE) return false;
    throw error;
  }
}

/** Another instance may have dropped the index already. */
async function dropIndex(collection: StoredCollection, name: string): Promise<void> {
  try {
    await collection.dropIndex(name);
  } catch (error) {
    if (!(error instanceof mongo.MongoServerError && error.code === INDEX_NOT_FOUND)) throw error;
  }
}

async function indexesOf(collection: StoredCollection): Promise<mongo.IndexDescriptionInfo[]> {
  try {
    return await collection.indexes();
  } catch (error) {
    if (error instanceof mongo.MongoServerError && error.code === NAMESPACE_NOT_FOUND) return [];
    throw error;
  }
}
