import type { Clock, SharedClock } from '../../clock.js';
import type { AdoptionTiming } from '../../machines/recording/machine/adopted.js';
import { type Database, READINESS } from '../database.js';
import { createStoreClock } from '../store-clock.js';
import { createAdoption } from './adopt.js';
import { createMongoApiKeys } from './api-keys.js';
import { connect, DEFAULT_LIMITS, type MongoLimits } from './connect.js';
import { createIndexing } from './indexing.js';
import { createMongoJobRuns } from './job-runs.js';
import { createMongoRecordingStore } from './recording-store.js';
import { createMongoRoomStore } from './room-store.js';
import { createNaming } from './naming.js';
import { createMongoSettings } from './settings.js';

export interface MongoOptions {
  /** Connection string with credentials and read preference. The stores ignore its read concern and write concern. */
  uri: string;
  dbName: string;
  limits?: Partial<MongoLimits>;
  /** Time limits for adopted recordings that have not ended. */
  timing: AdoptionTiming;
  /** The clock of this machine. */
  clock: Clock;
}

/** A MongoDB database, which any number of processes may share. */
export interface MongoDatabase extends Database {
  /** The clock of the store, shared by all processes on the database. */
  clock: SharedClock;
}

/** Limits for the migrations: to build an index of a large collection takes longer than the usual limits allow. */
const NO_LIMITS = { socketTimeoutMs: 0, writeTimeoutMs: 0 };

/** @throws StoreUnavailableError no primary answered within the limits */
export async function connectMongo(options: MongoOptions): Promise<MongoDatabase> {
  const { uri, dbName, timing, clock: ownClock } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const connection = await connect({ uri, dbName, limits });
  const clock = await storeClock();
  const settings = createMongoSettings(connection);

  return {
    clock,
    async migrate(run, signal) {
      const patient = await connect({ uri, dbName, limits: { ...limits, ...NO_LIMITS } });
      const cut = (): void => void patient.cut();
      signal.addEventListener('abort', cut);
      try {
        await run([createAdoption(patient, clock, timing), createIndexing(patient), createNaming(patient)]);
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
      settings,
    }),
    ping: () => settings.save(READINESS, String(ownClock.now())),
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
