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
  /** Of the collection. */
  name: string;
  /** Name of the field that is the key. */
  keyName: string;
  /** Further fields that are unique over all documents, each with an index. A conflict names the first that is taken. */
  uniqueKeys: (document: ActorDocument<Context>) => Record<string, string>;
  mapper: Mapper<Context>;
}

/** Documents of one command at most: the next command waits for it. */
const MOST_READ = 1_000;
const MOST_WRITTEN = 100;
/** How long a command that hangs keeps the next one waiting, milliseconds. */
const PATIENCE_MS = 100;
/** A write of another process is seen by us once the majority has it; until then only the index knows of it. */
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

  /** @returns true, or what a unique index said */
  async function insert(stored: Record<string, unknown>): Promise<unknown> {
    try {
      await collection.insertOne(stored as Stored);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return error;
      throw error;
    }
  }

  /** Which key is taken, and by which document. The documents are asked: the index that refused is any one of those that would. */
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
