import type { Clock, SharedClock } from '../clock.js';
import type { Config } from '../config/config.js';
import type { JobLocks } from '../jobs/locks.js';
import type { Logger } from '../logging.js';
import type { EventBus } from '../machines/kernel/event-bus.js';
import type { MediaStore } from '../machines/ports/media.js';
import type { RoomLocks } from '../machines/ports/room-locks.js';
import { createOutageLog, tellingOutages } from '../outages.js';
import { connectDatabase } from './connect-database.js';
import { connectLocks } from './connect-locks.js';
import type { Stores } from './database.js';
import { migrate } from './migrations/migrate.js';
import { openMedia } from './open-media.js';

/** The configured adapters. Each logs once when its server becomes unreachable and once when the server is back. */
export interface Persistence extends Stores {
  roomLocks: RoomLocks;
  jobLocks: JobLocks;
  media: MediaStore;
  bus: EventBus;
  /**
   * Subscribe to new connections to the lock service, which may have lost live locks. Embedded locks never call the listener.
   *
   * @returns a function that ends the subscription
   */
  onLocksConnected: (listener: () => void) => () => void;
  /** The clock that all processes on the store share; this machine's clock if the store is embedded. */
  clock: SharedClock;
  /** True if no other process can open these stores: leases and locks of an earlier process may then be taken over at once. */
  exclusive: boolean;
  /** Checks each server with a cheap request; rejects if the server does not answer or reports an error. */
  ping: Record<'store' | 'locks' | 'media', () => Promise<unknown>>;
  close(): Promise<void>;
}

export interface PersistenceOptions {
  /** The clock of this machine. */
  clock: Clock;
  log: Logger;
  /** Aborted when the program stops; opening then ends as soon as possible. */
  signal: AbortSignal;
  /** Called before this process migrates stored data, or waits for another process that does. */
  onMigrating: () => void;
}

/**
 * Open the configured adapters; only their drivers are loaded. The order is: database, locks, migrations, stores, media.
 *
 * @throws DataFolderInUseError another process uses the data folder
 * @throws InvalidInputError the data folder, or the file of Redis's authorities, cannot be used
 * @throws StoreUnavailableError MongoDB has no primary
 * @throws the reason of `signal`, if it is aborted
 */
export async function openPersistence(
  config: Pick<Config, 'dataDir' | 'store' | 'locks' | 'media' | 'timers'>,
  { clock: ownClock, log, signal, onMigrating }: PersistenceOptions,
): Promise<Persistence> {
  const opened: { close(): Promise<void> | void }[] = [];
  const close = async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  };
  const keep = <Part extends { close(): Promise<void> | void }>(part: Part): Part => {
    opened.push(part);
    return part;
  };
  try {
    const { database, clock, lmdb } = keep(await connectDatabase(config, ownClock));
    signal.throwIfAborted();
    const locks = keep(await connectLocks(config.locks, { clock, log, lmdb }));
    const migration = { locks: locks.jobLocks, clock, log: log.child({ part: 'migrations' }), signal, onBegin: onMigrating };
    await database.migrate((migrations) => migrate(migrations, migration), signal);
    const stores = database.openStores();
    const media = keep(await openMedia(config.media, { clock: ownClock, stores, log: log.child({ part: 'media' }) }));

    const storeOutages = createOutageLog(log, 'The store');
    return {
      recordings: tellingOutages(stores.recordings, storeOutages),
      rooms: tellingOutages(stores.rooms, storeOutages),
      apiKeys: tellingOutages(stores.apiKeys, storeOutages),
      jobRuns: tellingOutages(stores.jobRuns, storeOutages),
      settings: tellingOutages(stores.settings, storeOutages),
      roomLocks: tellingOutages(locks.roomLocks, locks.outages),
      jobLocks: tellingOutages(locks.jobLocks, locks.outages),
      media: tellingOutages(media.store, createOutageLog(log, 'The media store')),
      bus: locks.bus,
      onLocksConnected: (listener) => locks.onConnected(listener),
      clock,
      exclusive: config.store.kind === 'embedded',
      ping: { store: () => database.ping(), locks: () => locks.ping(), media: () => media.ping() },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
