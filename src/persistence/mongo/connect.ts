import type { mongo } from 'mongoose';
import { createConnection } from 'mongoose';

import { StoreUnavailableError } from '../../errors.js';
import { reading } from './driver-errors.js';

export interface MongoLimits {
  /** How long an operation waits for a server that can take it, such as a primary. Default 3 s. */
  serverSelectionTimeoutMs: number;
  /** How long a write waits for the majority; after it the outcome is unknown. Default 3 s. */
  writeTimeoutMs: number;
  /** How long a server may stay silent on a connection. Greater than `writeTimeoutMs`, or 0 for no limit. Default 4 s. */
  socketTimeoutMs: number;
  /** Connections to one server at most; operations beyond them wait for one. Default 100. */
  maxPoolSize: number;
  /** How long they wait. Default 10 s. */
  poolTimeoutMs: number;
}

export const DEFAULT_LIMITS: MongoLimits = {
  serverSelectionTimeoutMs: 3_000,
  writeTimeoutMs: 3_000,
  socketTimeoutMs: 4_000,
  maxPoolSize: 100,
  poolTimeoutMs: 10_000,
};

/** A document as it lies in its collection: fields of ours, and whatever another program has written there. */
export type Stored = Record<string, unknown> & { _id: mongo.ObjectId };
export type StoredCollection = mongo.Collection<Stored>;

/** What MongoDB says of a command with many updates; of which ones each number is, it does not say. */
export interface UpdateReply {
  /** Documents that were found. */
  n: number;
  writeErrors?: { index: number; code: number; errmsg: string }[];
  writeConcernError?: { code: number; errmsg: string };
}

export interface MongoConnection {
  /** What decides: reads and writes that the majority of the primary's set has. */
  kernel(name: string): StoredCollection;
  /**
   * Many replacements by one command, each or not by itself. The driver's own bulk writes hide what went wrong: each of their
   * errors is of one class.
   */
  replaceMany(name: string, replacements: readonly { q: object; u: object }[]): Promise<UpdateReply>;
  /**
   * What is shown: reads by the URI's read preference, which may be a little behind. On the primary they are not ahead of what
   * decides, either: a recording that is listed as complete plays.
   */
  lists(name: string): StoredCollection;
  /**
   * Build indexes, or wait for those of the same name that are being built. A majority of the set suffices: MongoDB's default waits
   * for every member, one that is down included.
   *
   * @throws MongoError as the driver reports it
   */
  createIndexes(name: string, indexes: readonly mongo.IndexDescription[]): Promise<void>;
  /** @throws StoreUnavailableError no primary answers */
  ping(): Promise<void>;
  /** What the primary's clock shows, epoch milliseconds. @throws StoreUnavailableError no primary answers */
  askTime(): Promise<number>;
  close(): Promise<void>;
  /** Close at once: calls that have no answer yet fail. */
  cut(): Promise<void>;
}

/** @throws StoreUnavailableError no server could be reached in time */
export async function connect({
  uri,
  dbName,
  limits,
}: {
  uri: string;
  dbName: string;
  limits: MongoLimits;
}): Promise<MongoConnection> {
  const connection = createConnection(uri, {
    dbName,
    serverSelectionTimeoutMS: limits.serverSelectionTimeoutMs,
    connectTimeoutMS: limits.serverSelectionTimeoutMs,
    // A server that hangs is noticed after this and the time to connect.
    heartbeatFrequencyMS: 2_000,
    waitQueueTimeoutMS: limits.poolTimeoutMs,
    socketTimeoutMS: limits.socketTimeoutMs,
    maxPoolSize: limits.maxPoolSize,
    // A repeated write that cannot be repeated would hide that the first attempt was sent; the kernel repeats knowingly.
    retryWrites: false,
    retryReads: true,
    ignoreUndefined: true,
    autoIndex: false,
    autoCreate: false,
    bufferCommands: false,
  });
  await reading(() => connection.asPromise()).catch(async (error: unknown) => {
    await connection.close(true).catch(() => undefined);
    throw error;
  });
  const db: mongo.Db = connection.getClient().db(dbName);
  const { writeTimeoutMs } = limits;

  return {
    kernel: (name) =>
      db.collection<Stored>(name, {
        readPreference: 'primary',
        readConcern: { level: 'majority' },
        writeConcern: { w: 'majority', journal: true, wtimeoutMS: writeTimeoutMs },
      }),
    async replaceMany(name, replacements) {
      const writeConcern = { w: 'majority', j: true, wtimeout: writeTimeoutMs };
      const command = { update: name, updates: replacements, ordered: false, writeConcern };
      return (await db.command(command, { readPreference: 'primary', ignoreUndefined: true })) as UpdateReply;
    },
    lists: (name) => db.collection<Stored>(name, { readConcern: { level: 'majority' } }),
    async createIndexes(name, indexes) {
      if (indexes.length === 0) return;
      const { setName, msg } = await db.command({ hello: 1 });
      const isReplicated = setName !== undefined || msg === 'isdbgrid';
      await db.collection(name).createIndexes([...indexes], isReplicated ? { commitQuorum: 'majority' } : {});
    },
    async ping() {
      await reading(() => db.command({ ping: 1 }, { readPreference: 'primary' }));
    },
    async askTime() {
      const { localTime } = await reading(() => db.command({ hello: 1 }, { readPreference: 'primary' }));
      if (!(localTime instanceof Date)) throw new StoreUnavailableError('MongoDB did not tell the time');
      return localTime.getTime();
    },
    close: () => connection.close(),
    cut: () => connection.close(true),
  };
}
