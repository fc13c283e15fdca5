import type { mongo } from 'mongoose';
import { createConnection } from 'mongoose';

import { StoreUnavailableError } from '../../errors.js';
import { reading } from './driver-errors.js';

export interface MongoLimits {
  /** How long an operation waits for a suitable server, such as a primary, milliseconds. Default 3 s. */
  serverSelectionTimeoutMs: number;
  /** How long a write waits for the majority, milliseconds; then its outcome is unknown. Default 3 s. */
  writeTimeoutMs: number;
  /** How long a server may stay silent on a connection, milliseconds. Above `writeTimeoutMs`, or 0 for no limit. Default 4 s. */
  socketTimeoutMs: number;
  /** Maximum number of connections to one server; further operations wait for a free connection. Default 100. */
  maxPoolSize: number;
  /** How long an operation waits for a free connection, milliseconds. Default 10 s. */
  poolTimeoutMs: number;
}

export const DEFAULT_LIMITS: MongoLimits = {
  serverSelectionTimeoutMs: 3_000,
  writeTimeoutMs: 3_000,
  socketTimeoutMs: 4_000,
  maxPoolSize: 100,
  poolTimeoutMs: 10_000,
};

/** A document as MongoDB stores it: Tally's fields, and any fields that another program has added. */
export type Stored = Record<string, unknown> & { _id: mongo.ObjectId };
export type StoredCollection = mongo.Collection<Stored>;

/** MongoDB's reply to a command with many updates. The reply counts the documents but does not name them. */
export interface UpdateReply {
  /** Number of documents that matched the filters. */
  n: number;
  writeErrors?: { index: number; code: number; errmsg: string }[];
  writeConcernError?: { code: number; errmsg: string };
}

export interface MongoConnection {
  /** A collection for decisions: it reads from the primary what the majority has, and its writes wait for the majority. */
  kernel(name: string): StoredCollection;
  /**
   * Run many replacements in one command; some may succeed while others fail. The driver's own bulk write is not used because it
   * reports every failure with the same error class.
   */
  replaceMany(name: string, replacements: readonly { q: object; u: object }[]): Promise<UpdateReply>;
  /**
   * A collection for lists: reads follow the URI's read preference and may lag a little. They show only what the majority has, so
   * they are never ahead of `kernel`: a recording that a list shows as complete can be played.
   */
  lists(name: string): StoredCollection;
  /**
   * Build indexes, or wait for the builds of the same indexes that are running. A majority of the replica set suffices, because
   * MongoDB's default would also wait for members that are down.
   *
   * @throws MongoError the driver's error, not translated
   */
  createIndexes(name: string, indexes: readonly mongo.IndexDescription[]): Promise<void>;
  /** The time on the primary's clock, epoch milliseconds. @throws StoreUnavailableError no primary answers */
  askTime(): Promise<number>;
  close(): Promise<void>;
  /** Close at once: calls that wait for an answer fail. */
  cut(): Promise<void>;
}

/** Connect to MongoDB. @throws StoreUnavailableError no server could be reached in time */
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
    // A server that hangs is detected after this interval plus the connect timeout.
    heartbeatFrequencyMS: 2_000,
    waitQueueTimeoutMS: limits.poolTimeoutMs,
    socketTimeoutMS: limits.socketTimeoutMs,
    maxPoolSize: limits.maxPoolSize,
    // The driver's retry could hide that the first attempt was sent; the kernel itself decides what to repeat.
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
    async askTime() {
      const { localTime } = await reading(() => db.command({ hello: 1 }, { readPreference: 'primary' }));
      if (!(localTime instanceof Date)) throw new StoreUnavailableError('MongoDB did not tell the time');
      return localTime.getTime();
    },
    close: () => connection.close(),
    cut: () => connection.close(true),
  };
}
