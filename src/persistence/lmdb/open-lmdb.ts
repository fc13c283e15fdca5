import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ApiKeyStore } from '../../accounts/ports.js';
import type { Clock } from '../../clock.js';
import { systemClock } from '../../clock.js';
import type { JobRuns } from '../../jobs/runs.js';
import type { RecordingStore } from '../../machines/recording/recording-store.js';
import type { RoomLocks } from '../../machines/ports/room-locks.js';
import type { RoomStore } from '../../machines/room/room-store.js';
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
  /** Tells the machine's starts apart. Default: the Linux kernel's; elsewhere every start of ours counts as one. */
  bootId?: string | undefined;
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
export async function openLmdb({ dataDir, clock = systemClock, bootId = kernelBootId() }: LmdbOptions): Promise<Lmdb> {
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
      return [openEnvironment(join(dataDir, 'store')), openLocks(join(dataDir, 'locks'), bootId)];
    } catch (error) {
      await claim.release();
      throw error;
    }
  }
}

/**
 * Locks follow from the recordings, so they are never flushed. Over what a loss of power has left of their files LMDB may end the
 * process: those that an earlier start of the machine wrote are thrown away unread.
 */
function openLocks(path: string, bootId: string | undefined): Environment {
  const mark = join(path, 'boot-id');
  const isOfThisBoot = bootId !== undefined && textOf(mark) === bootId;
  if (!isOfThisBoot) rmSync(path, { recursive: true, force: true });
  const environment = openEnvironment(path, { volatile: true });
  if (!isOfThisBoot && bootId !== undefined) writeFileSync(mark, bootId);
  return environment;
}

function kernelBootId(): string | undefined {
  return textOf('/proc/sys/kernel/random/boot_id');
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
