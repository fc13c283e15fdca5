import type { ApiKeyStore } from '../accounts/ports.js';
import type { JobRuns } from '../jobs/runs.js';
import type { RecordingStore } from '../machines/recording/recording-store.js';
import type { RoomStore } from '../machines/room/room-store.js';
import type { Migration } from './migrations/migration.js';

export interface Stores {
  recordings: RecordingStore;
  rooms: RoomStore;
  apiKeys: ApiKeyStore;
  jobRuns: JobRuns;
}

/** A database that is connected. Its stores are opened once what lies in it is up to date. */
export interface Database {
  /**
   * Give the migrations to `run`, in their order, and free what they needed. When `signal` is aborted, a command that takes long
   * is cut.
   *
   * @throws StoreUnavailableError, and whatever `run` throws
   */
  migrate(run: (migrations: readonly Migration[]) => Promise<void>, signal: AbortSignal): Promise<void>;
  openStores(): Stores;
  /** @throws StoreUnavailableError the database does not answer */
  ping(): Promise<unknown>;
  /** Calls made afterwards fail as unavailable. */
  close(): Promise<void>;
}
