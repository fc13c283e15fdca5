import type { ApiKeyStore, SettingsStore } from '../accounts/ports.js';
import type { JobRuns } from '../jobs/runs.js';
import type { RecordingStore } from '../machines/recording/recording-store.js';
import type { RoomStore } from '../machines/room/room-store.js';
import type { Migration } from './migrations/migration.js';

/** The setting that `ping` writes. */
export const READINESS = 'readiness';

export interface Stores {
  recordings: RecordingStore;
  rooms: RoomStore;
  apiKeys: ApiKeyStore;
  jobRuns: JobRuns;
  settings: SettingsStore;
}

/** A connected database. Its stores are opened after the stored data has been migrated. */
export interface Database {
  /**
   * Pass the migrations to `run`, in their order, and free their resources afterwards. If `signal` is aborted, a running command
   * is cancelled.
   *
   * @throws StoreUnavailableError, and every error that `run` throws
   */
  migrate(run: (migrations: readonly Migration[]) => Promise<void>, signal: AbortSignal): Promise<void>;
  openStores(): Stores;
  /** Write something. @throws StoreUnavailableError the database does not answer, or refuses writes */
  ping(): Promise<void>;
  /** Close the connection. Later calls throw StoreUnavailableError. */
  close(): Promise<void>;
}
