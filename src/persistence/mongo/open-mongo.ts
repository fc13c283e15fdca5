import type { ApiKeyStore } from '../../accounts/ports.js';
import type { JobRuns } from '../../jobs/runs.js';
import { type Clock, type SharedClock, systemClock } from '../../clock.js';
import type { RecordingStore } from '../../machines/recording/recording-store.js';
import type { RoomStore } from '../../machines/room/room-store.js';
import { createStoreClock } from '../store-clock.js';
import type { Adoption, AdoptionOptions } from './adopt.js';
import { adoptForeignRecordings } from './adopt.js';
import { createMongoApiKeys } from './api-keys.js';
import type { MongoConnection, MongoLimits } from './connect.js';
import { DEFAULT_LIMITS, connect } from './connect.js';
import { makeUidsDistinct } from './distinct-uids.js';
import { isDuplicateKey, reading } from './driver-errors.js';
import { COMMON_INDEXES, RECORDINGS, UNIQUE_INDEXES, createIndexes } from './indexes.js';
import { createMongoJobRuns } from './job-runs.js';
import { createMongoRecordingStore } from './recording-store.js';
import { createMongoRoomStore } from './room-store.js';

export interface MongoOptions {
  /** With user, password, read preference and all; its write and read concerns are not used by the stores. */
  uri: string;
  dbName: string;
  limits?: Partial<MongoLimits>;
  /** Index keys read for one page of a name search at most. Default 100 000. */
  scanLimit?: number;
  /** How documents of the original service are taken in; at the store's time, unless told another. */
  adoption: AdoptionOptions;
  /** This machine's clock. Default: the system's. */
  clock?: Clock;
}

/** The stores of any number of processes over one database. */
export interface Mongo {
  recordings: RecordingStore;
  rooms: RoomStore;
  apiKeys: ApiKeyStore;
  jobRuns: JobRuns;
  /** The time that all processes on this database keep. */
  clock: SharedClock;
  /** What was taken in when the stores were opened. */
  adopted: Adoption;
  /** @throws StoreUnavailableError no primary answers */
  ping(): Promise<void>;
  /** Calls made afterwards fail as unavailable. */
  close(): Promise<void>;
}

/**
 * Connect, take in what the original service left, build the indexes that are missing and open the stores.
 *
 * @throws StoreUnavailableError no primary within the limits; what was done so far is done
 */
export async function openMongo(options: MongoOptions): Promise<Mongo> {
  const { uri, dbName, scanLimit } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const connection = await connect({ uri, dbName, limits });
  const { clock, adopted } = await ready().catch(async (error: unknown) => {
    await connection.close();
    throw error;
  });
  const store = { connection, ...(scanLimit === undefined ? {} : { scanLimit }) };

  return {
    recordings: createMongoRecordingStore(store),
    rooms: createMongoRoomStore(store),
    apiKeys: createMongoApiKeys({ connection }),
    jobRuns: createMongoJobRuns({ connection }),
    clock,
    adopted,
    ping: () => connection.ping(),
    close: () => connection.close(),
  };

  async function ready(): Promise<Pick<Mongo, 'clock' | 'adopted'>> {
    const time = await createStoreClock({ clock: options.clock ?? systemClock, askTime: () => connection.askTime() });
    const adoption = { now: () => time.now(), ...options.adoption };
    return { clock: time, adopted: await prepare({ ...options, adoption }, limits) };
  }
}

/** On a connection of its own: an index of a large collection takes longer than any other answer may. */
async function prepare({ uri, dbName, adoption }: MongoOptions, limits: MongoLimits): Promise<Adoption> {
  const connection = await connect({ uri, dbName, limits: { ...limits, socketTimeoutMs: 0, writeTimeoutMs: 0 } });
  try {
    return await reading(async () => {
      await createAll(connection, COMMON_INDEXES);
      const adopted = await adoptForeignRecordings(connection, adoption);
      await createAll(connection, UNIQUE_INDEXES).catch(async (error: unknown) => {
        const renamed = isDuplicateKey(error) ? await makeUidsDistinct(connection.kernel(RECORDINGS)) : 0;
        if (renamed === 0) throw error;
        await createAll(connection, UNIQUE_INDEXES);
      });
      return adopted;
    });
  } finally {
    await connection.close();
  }
}

async function createAll(connection: MongoConnection, indexes: typeof COMMON_INDEXES): Promise<void> {
  await Promise.all(Object.entries(indexes).map(([name, wanted]) => createIndexes(connection.kernel(name), wanted)));
}
