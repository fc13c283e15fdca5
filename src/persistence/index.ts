import { readFile } from 'node:fs/promises';

import type { ApiKeyStore } from '../accounts/ports.js';
import type { Clock, SharedClock } from '../clock.js';
import type { Config } from '../config/config.js';
import { InvalidInputError } from '../errors.js';
import type { JobLocks } from '../jobs/locks.js';
import type { JobRuns } from '../jobs/runs.js';
import type { Logger } from '../logging.js';
import { createLocalBus, type EventBus } from '../machines/kernel/event-bus.js';
import type { MediaStore } from '../machines/ports/media.js';
import type { RecordingStore } from '../machines/recording/recording-store.js';
import type { RoomLocks } from '../machines/ports/room-locks.js';
import type { RoomStore } from '../machines/room/room-store.js';
import { createFileMedia } from './files/file-media.js';
import { openLmdb } from './lmdb/open-lmdb.js';
import { createLocalJobLocks } from './local-job-locks.js';

export interface Persistence {
  recordings: RecordingStore;
  rooms: RoomStore;
  apiKeys: ApiKeyStore;
  roomLocks: RoomLocks;
  jobLocks: JobLocks;
  jobRuns: JobRuns;
  media: MediaStore;
  bus: EventBus;
  /**
   * Hear of each new connection to the lock service: it may have lost locks of live recordings. Embedded locks have none.
   *
   * @returns a function that ends the subscription
   */
  onLocksConnected: (listener: () => void) => () => void;
  /** The time that all processes on the store keep; where there is but one, its own. */
  clock: SharedClock;
  /** No other process can have these stores open: what an earlier one left may be taken over at once. */
  exclusive: boolean;
  /** Asks each server something cheap; rejects when it does not answer well. */
  ping: Record<'store' | 'locks' | 'media', () => Promise<unknown>>;
  close(): Promise<void>;
}

/** What one family of the configuration opens. */
type Stores = Pick<Persistence, 'recordings' | 'rooms' | 'apiKeys' | 'jobRuns'> & { ping: () => Promise<unknown> };
type Locks = Pick<Persistence, 'roomLocks' | 'jobLocks' | 'bus' | 'onLocksConnected'> & { ping: () => Promise<unknown> };
type Media = { media: MediaStore; ping: () => Promise<unknown> };

type PersistenceConfig = Pick<Config, 'dataDir' | 'store' | 'locks' | 'media' | 'timers'>;

/**
 * Opens the adapters that the configuration picks; the drivers of the others are not even loaded.
 *
 * @throws DataFolderInUseError another process has the data folder
 * @throws InvalidInputError the data folder, or the file of Redis's authorities, cannot be used
 * @throws StoreUnavailableError MongoDB has no primary
 */
export async function openPersistence(config: PersistenceConfig, ownClock: Clock, log: Logger): Promise<Persistence> {
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    const shared = await openSharedStores(config, ownClock, closers);
    const clock = shared?.clock ?? { ...ownClock, offsetMs: () => Promise.resolve(0) };
    const isEmbedded = config.store.kind === 'embedded' || config.locks.kind === 'embedded';
    const lmdb = isEmbedded ? await openLmdb({ dataDir: config.dataDir, clock }) : undefined;
    if (lmdb !== undefined) closers.push(() => lmdb.close());
    const stores = shared ?? embeddedStores(lmdb);
    const locks = await openLocks(config, clock, log, closers, lmdb);
    const media = await openMedia(config, closers);
    return {
      recordings: stores.recordings,
      rooms: stores.rooms,
      apiKeys: stores.apiKeys,
      jobRuns: stores.jobRuns,
      roomLocks: locks.roomLocks,
      jobLocks: locks.jobLocks,
      bus: locks.bus,
      onLocksConnected: locks.onLocksConnected,
      media: media.media,
      clock,
      exclusive: config.store.kind === 'embedded',
      ping: { store: stores.ping, locks: locks.ping, media: media.ping },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Closers = (() => Promise<void> | void)[];
type Lmdb = Awaited<ReturnType<typeof openLmdb>> | undefined;

/** @returns undefined when the stores are embedded */
async function openSharedStores(
  { store, timers }: PersistenceConfig,
  clock: Clock,
  closers: Closers,
): Promise<(Stores & { clock: SharedClock }) | undefined> {
  if (store.kind === 'embedded') return undefined;
  const { openMongo } = await import('./mongo/open-mongo.js');
  const { startTimeoutMs, stopTimeoutMs, uploadBudgetMs } = timers;
  const adoption = { timing: { startTimeoutMs, stopTimeoutMs, uploadBudgetMs } };
  const mongo = await openMongo({ uri: store.uri, dbName: store.dbName, adoption, clock });
  closers.push(() => mongo.close());
  return { ...mongo, ping: () => mongo.ping() };
}

function embeddedStores(lmdb: Lmdb): Stores {
  if (lmdb === undefined) throw new Error('the embedded store is not open');
  return { ...lmdb, ping: () => lmdb.recordings.load('readiness') };
}

async function openLocks({ locks }: PersistenceConfig, clock: Clock, log: Logger, closers: Closers, lmdb: Lmdb): Promise<Locks> {
  if (locks.kind === 'embedded') {
    if (lmdb === undefined) throw new Error('the embedded locks are not open');
    const { roomLocks } = lmdb;
    return {
      roomLocks,
      jobLocks: createLocalJobLocks({ clock }),
      bus: createLocalBus(),
      onLocksConnected: () => () => undefined,
      ping: () => roomLocks.list(),
    };
  }
  const { openRedis } = await import('./redis/open-redis.js');
  const { kind: _real, clusterNodes, tls, ...target } = locks;
  const redis = await openRedis({
    ...target,
    ...(clusterNodes !== undefined && { cluster: clusterNodes }),
    ...(tls !== undefined && { tls: tls.caFile === undefined ? {} : { ca: await readCertificates(tls.caFile) } }),
    log: log.child({ part: 'redis' }),
    clock,
  });
  closers.push(() => redis.close());
  const { roomLocks, jobLocks, bus, onConnected } = redis;
  return { roomLocks, jobLocks, bus, onLocksConnected: onConnected, ping: () => redis.ping() };
}

/** @throws InvalidInputError the file cannot be read, or has no certificate */
async function readCertificates(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new InvalidInputError(`TALLY_REDIS_TLS_CA ${file} cannot be read`, { cause });
  });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new InvalidInputError(`TALLY_REDIS_TLS_CA ${file} has no certificate in PEM`);
  }
  return text;
}

async function openMedia({ media }: PersistenceConfig, closers: Closers): Promise<Media> {
  if (media.kind === 'embedded') {
    const files = createFileMedia({ mediaDir: media.dir, egressMediaDir: media.egressDir });
    return { media: files, ping: () => files.ping() };
  }
  const { createS3Media } = await import('./s3/s3-media.js');
  const { kind: _real, ...options } = media;
  const bucket = createS3Media(options);
  closers.push(() => {
    bucket.close();
  });
  return { media: bucket, ping: () => bucket.ping() };
}
