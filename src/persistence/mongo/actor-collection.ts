import { type Clock, sleep } from '../../clock.js';
import { gather } from '../../concurrency.js';
import { StoreUnavailableError, WriteOutcomeUnknownError } from '../../errors.js';
import type { ActorStore, CreateResult } from '../../machines/kernel/actor-store.js';
import type { ActorDocument } from '../../machines/kernel/document.js';
import type { MongoConnection, Stored } from './connect.js';
import { isDuplicateKey, reading, writing } from './driver-errors.js';
import { isTakenIn, type Mapper } from './mapper.js';
import { type Replacement, replaceAll } from './replace-all.js';

export interface ActorCollectionOptions<Context extends object> {
  connection: MongoConnection;
  clock: Pick<Clock, 'after'>;
  /** Name of the collection. */
  name: string;
  /** Name of the field that contains the document's key. */
  keyName: string;
  /** Further unique fields and their values, each with a unique index. A conflict names the first field whose value is taken. */
  uniqueKeys: (document: ActorDocument<Context>) => Record<string, string>;
  mapper: Mapper<Context>;
}

/** Maximum number of documents that one command reads or writes. */
const MOST_READ = 1_000;
const MOST_WRITTEN = 100;
/** The next command waits at most this long for a running one to end, milliseconds. */
const PATIENCE_MS = 100;
/** A unique index may refuse a write because of a document that majority reads do not show yet, so `create` tries again. */
const CONFLICT_TRIES = 60;
const CONFLICT_PAUSE_MS = 20;

export function createActorCollection<Context extends object>(options: ActorCollectionOptions<Context>): ActorStore<Context> {
  const { connection, clock, name, keyName, uniqueKeys, mapper } = options;
  const patience = { patienceMs: PATIENCE_MS, clock };
  const collection = connection.kernel(name);
  const read = gather(
    async (keys: string[]) => {
      const filter = { [keyName]: keys.length === 1 ? keys[0] : { $in: keys } };
      const found = await reading(() => collection.find(filter, { batchSize: keys.length + 1 }).toArray());
      return new Map(found.map((stored) => [String(stored[keyName]), stored]));
    },
    { most: MOST_READ, ...patience },
  );
  const replace = gather((all: Replacement[]) => writing(() => replaceAll({ connection, name, keyName }, all)), {
    most: MOST_WRITTEN,
    ...patience,
  });
  const ofVersion = (key: string, version: number) => ({ [keyName]: key, 'tally.version': version });

  return {
    async load(key) {
      const stored = await read(key);
      return stored === undefined || !isTakenIn(stored) ? undefined : mapper.toDocument(stored);
    },
    async create(key, document) {
      for (let attempt = 1; ; attempt += 1) {
        const inserted = await writing(() => insert(mapper.toStored(key, document)));
        if (inserted === true) return { created: true };
        const taken = await conflictOf(key, document);
        if (taken !== undefined) return { created: false, ...taken };
        if (attempt === CONFLICT_TRIES) {
          throw new StoreUnavailableError(`A unique key of '${key}' is taken, and no document has it`, { cause: inserted });
        }
        await sleep(CONFLICT_PAUSE_MS, clock);
      }
    },
    async save(key, document, expectedVersion) {
      const isReplaced = await replace({ key, expectedVersion, document, stored: mapper.toStored(key, document) });
      if (isReplaced === 'unknown') throw new WriteOutcomeUnknownError(`What became of a write to '${key}' is not known`);
      return isReplaced === true;
    },
    async remove(key, expectedVersion) {
      return writing(async () => (await collection.deleteOne(ofVersion(key, expectedVersion))).deletedCount === 1);
    },
    due: (now, limit) => keysBy({ 'tally.dueAt': { $lte: now } }, 'tally.dueAt', limit),
    owing: (limit, after = '') => keysBy({ 'tally.owing': { $gt: after } }, 'tally.owing', limit),
  };

  /** @returns true, or the duplicate-key error of a unique index */
  async function insert(stored: Record<string, unknown>): Promise<unknown> {
    try {
      await collection.insertOne(stored as Stored);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return error;
      throw error;
    }
  }

  /** The first unique key that is taken, and the key of its document. MongoDB's error may name another of the taken keys. */
  async function conflictOf(
    key: string,
    document: ActorDocument<Context>,
  ): Promise<Pick<CreateResult & { created: false }, 'conflict' | 'holder'> | undefined> {
    const wanted = Object.entries({ [keyName]: key, ...uniqueKeys(document) });
    const projection = Object.fromEntries(wanted.map(([field]) => [field, 1]));
    const holders = await reading(() =>
      collection.find({ $or: wanted.map(([field, value]) => ({ [field]: value })) }, { projection }).toArray(),
    );
    for (const [conflict, value] of wanted) {
      const holder = holders.find((each) => each[conflict] === value);
      if (holder !== undefined) return { conflict, holder: String(holder[keyName]) };
    }
    return undefined;
  }

  async function keysBy(filter: Record<string, unknown>, field: string, limit: number): Promise<string[]> {
    const found = await reading(() =>
      collection
        .find(filter, { projection: { _id: 0, [keyName]: 1 } })
        .sort({ [field]: 1 })
        .limit(limit)
        .toArray(),
    );
    return found.map((each) => String(each[keyName]));
  }
}
