import type { Clock, SharedClock } from '../../clock.js';
import type { AdoptionTiming } from '../../machines/recording/machine/adopted.js';
import type { Database } from '../database.js';
import { createStoreClock } from '../store-clock.js';
import { createAdoption } from './adopt.js';
import { createMongoApiKeys } from './api-keys.js';
import { connect, DEFAULT_LIMITS, type MongoLimits } from './connect.js';
import { createIndexing } from './indexing.js';
import { createMongoJobRuns } from './job-runs.js';
import { createMongoRecordingStore } from './recording-store.js';
import { createMongoRoomStore } from './room-store.js';

export interface MongoOptions {
  /** With user, password, read preference and all; its write and read concerns are not used by the stores. */
  uri: string;
  dbName: string;
  limits?: Partial<MongoLimits>;
  /** What adopted recordings that have not ended are given. */
  timing: AdoptionTiming;
  /** This machine's. */
  clock: Clock;
}

/** The database of any number of processes. */
export interface MongoDatabase extends Database {
  /** The time that all of them keep. */
  clock: SharedClock;
}

/** For the migrations: an index of a large collection takes longer to build than any other answer may. */
const NO_LIMITS = { socketTimeoutMs: 0, writeTimeoutMs: 0 };

/** @throws StoreUnavailableError no primary within the limits */
export async function connectMongo(options: MongoOptions): Promise<MongoDatabase> {
  const { uri, dbName, timing, clock: ownClock } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const connection = await connect({ uri, dbName, limits });
  const clock = await storeClock();

  return {
    clock,
    async migrate(run, signal) {
      const patient = await connect({ uri, dbName, limits: { ...limits, ...NO_LIMITS } });
      const cut = (): void => void patient.cut();
      signal.addEventListener('abort', cut);
      try {
        await run([createAdoption(patient, clock, timing), createIndexing(patient)]);
      } finally {
        signal.removeEventListener('abort', cut);
        await patient.close();
      }
    },
    openStores: () => ({
      recordings: createMongoRecordingStore(connection, ownClock),
      rooms: createMongoRoomStore(connection, ownClock),
      apiKeys: createMongoApiKeys(connection),
      jobRuns: createMongoJobRuns(connection),
    }),
    ping: () => connection.ping(),
    close: () => connection.close(),
  };

  async function storeClock(): Promise<SharedClock> {
    try {
      return await createStoreClock({ clock: ownClock, askTime: () => connection.askTime() });
    } catch (error) {
      await connection.close();
      throw error;
    }
  }
}
