import type { Clock, SharedClock } from '../clock.js';
import type { Config } from '../config/config.js';

import type { Database } from './database.js';
import { connectLmdb, type LmdbDatabase } from './lmdb/database.js';

export interface Connected {
  database: Database;
  /** The clock that all processes on the database share; this machine's clock if the database is embedded. */
  clock: SharedClock;
  /** Present when the store or the locks are embedded. */
  lmdb: LmdbDatabase | undefined;
  close(): Promise<void>;
}

/**
 * Connect the configured database, and claim the data folder if the store or the locks are embedded.
 *
 * @throws DataFolderInUseError, InvalidInputError (the data folder cannot be used), StoreUnavailableError
 */
export async function connectDatabase(
  { dataDir, store, locks, timers }: Pick<Config, 'dataDir' | 'store' | 'locks' | 'timers'>,
  ownClock: Clock,
): Promise<Connected> {
  if (store.kind === 'embedded') {
    const lmdb = await connectLmdb({ dataDir, clock: ownClock });
    const clock = { ...ownClock, offsetMs: () => Promise.resolve(0) };
    return { database: lmdb, clock, lmdb, close: () => lmdb.close() };
  }
  const { connectMongo } = await import('./mongo/database.js');
  const mongo = await connectMongo({ uri: store.uri, dbName: store.dbName, timing: timers, clock: ownClock });
  const { clock } = mongo;
  if (locks.kind === 'real') return { database: mongo, clock, lmdb: undefined, close: () => mongo.close() };
  const lmdb = await connectLmdb({ dataDir, clock }).catch(async (error: unknown) => {
    await mongo.close();
    throw error;
  });
  return {
    database: mongo,
    clock,
    lmdb,
    async close() {
      await lmdb.close();
      await mongo.close();
    },
  };
}
