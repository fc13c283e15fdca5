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

/** Every adapter that the configuration picks. Each says once in the log when its server is away, and once when it is back. */
export interface Persistence extends Stores {
  roomLocks: RoomLocks;
  jobLocks: JobLocks;
  media: MediaStore;
  bus: EventBus;
  /**
   * Hear of each new connection to the lock service: it may have lost locks of live recordings. Embedded locks have none.
   *
   * @returns a function that ends the subscription
   */
  onLocksConnected: (listener: () => void) => () => void;
  /** The time that all processes on the store keep; of a single process, its own. */
  clock: SharedClock;
  /** No other process can have these stores open: what an earlier one left may be taken over at once. */
  exclusive: boolean;
  /** Asks each server something cheap; rejects when it does not answer well. */
  ping: Record<'store' | 'locks' | 'media', () => Promise<unknown>>;
  close(): Promise<void>;
}

export interface PersistenceOptions {
  /** This machine's. */
  clock: Clock;
  log: Logger;
  /** Aborted when the program stops: opening ends as soon as it can. */
  signal: AbortSignal;
  /** Called when stored data has to be brought up to date first, by this process or by another one. */
  onMigrating: () => void;
}

/**
 * Open the adapters that the configuration picks; the drivers of the others are not even loaded. In this order: connect, locks,
 * migrations, stores, media.
 *
 * @throws DataFolderInUseError another process has the data folder
 * @throws InvalidInputError the data folder, or the file of Redis's authorities, cannot be used
 * @throws StoreUnavailableError MongoDB has no primary
 * @throws the signal's reason
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
    const media = keep(await openMedia(config.media, ownClock));

    const storeOutages = createOutageLog(log, 'The store');
    return {
      recordings: tellingOutages(stores.recordings, storeOutages),
      rooms: tellingOutages(stores.rooms, storeOutages),
      apiKeys: tellingOutages(stores.apiKeys, storeOutages),
      jobRuns: tellingOutages(stores.jobRuns, storeOutages),
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
