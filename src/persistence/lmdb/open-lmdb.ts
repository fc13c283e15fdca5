import { rmSync } from 'node:fs';
import { join } from 'node:path';

import type { ApiKeyStore } from '../../accounts/ports.js';
import type { Clock } from '../../clock.js';
import { systemClock } from '../../clock.js';
import type { JobRuns } from '../../jobs/ports.js';
import type { RecordingStore, RoomLocks } from '../../machines/recording/ports.js';
import type { RoomStore } from '../../machines/room/ports.js';
import { claimDataFolder } from '../single-process.js';
import { createLmdbApiKeys } from './api-keys.js';
import type { Environment } from './environment.js';
import { openEnvironment } from './environment.js';
import { createLmdbJobRuns } from './job-runs.js';
import { createLmdbRecordingStore } from './recording-store.js';
import { createLmdbRoomLocks } from './room-locks.js';
import { createLmdbRoomStore } from './room-store.js';

export interface LmdbOptions {
  /** The data folder; created with mode 0700 when missing. The stores live in its subfolder `store`. */
  dataDir: string;
  /** What room locks expire by. Default: the system's. */
  clock?: Clock;
}

/** The embedded stores of a single process. */
export interface Lmdb {
  recordings: RecordingStore;
  rooms: RoomStore;
  apiKeys: ApiKeyStore;
  roomLocks: RoomLocks;
  jobRuns: JobRuns;
  /** Finish the running calls, close the files and free the data folder. Calls made afterwards fail as unavailable. */
  close(): Promise<void>;
}

/**
 * Claim the data folder for this process and open the stores in it.
 *
 * @throws DataFolderInUseError another process has the folder
 */
export async function openLmdb({ dataDir, clock = systemClock }: LmdbOptions): Promise<Lmdb> {
  const claim = await claimDataFolder(dataDir);
  const [environment, lockEnvironment] = await openOrRelease();

  return {
    recordings: createLmdbRecordingStore({ environment }),
    rooms: createLmdbRoomStore({ environment }),
    apiKeys: createLmdbApiKeys({ environment }),
    roomLocks: createLmdbRoomLocks({ environment: lockEnvironment, clock }),
    jobRuns: createLmdbJobRuns({ environment }),
    async close() {
      await Promise.all([environment.close(), lockEnvironment.close()]);
      await claim.release();
    },
  };

  async function openOrRelease(): Promise<[Environment, Environment]> {
    try {
      return [openEnvironment(join(dataDir, 'store')), openLocks(join(dataDir, 'locks'))];
    } catch (error) {
      await claim.release();
      throw error;
    }
  }
}

/** Locks follow from the recordings, so files that a loss of power has spoilt are thrown away. */
function openLocks(path: string): Environment {
  try {
    return openEnvironment(path, { volatile: true });
  } catch {
    rmSync(path, { recursive: true, force: true });
    return openEnvironment(path, { volatile: true });
  }
}
