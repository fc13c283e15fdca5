import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Clock } from '../../clock.js';
import type { RoomLocks } from '../../machines/ports/room-locks.js';
import { type Database, READINESS } from '../database.js';
import { claimDataFolder, raise } from '../single-process.js';
import { createLmdbApiKeys } from './api-keys.js';
import { type Environment, openEnvironment } from './environment.js';
import { createIndexRowsMigration } from './index-rows.js';
import { createLmdbJobRuns } from './job-runs.js';
import { createLmdbRecordingStore, createRecordingTable } from './recording-store.js';
import { createLmdbRoomLocks } from './room-locks.js';
import { createLmdbRoomStore, createRoomTable } from './room-store.js';
import { createLmdbSettings } from './settings.js';

export interface LmdbOptions {
  /** The data folder; created with mode 0700 if missing. The stores are in its subfolder `store`. */
  dataDir: string;
  /** The clock by which room locks expire. */
  clock: Clock;
  /** Identifies this boot of the machine. Default: the Linux kernel's id; elsewhere each start of Tally counts as a new boot. */
  bootId?: string | undefined;
}

/** The embedded database of a single process, and its room locks. `close` releases the data folder. */
export interface LmdbDatabase extends Database {
  roomLocks: RoomLocks;
}

/**
 * Claim the data folder for this process and open the files in it.
 *
 * @throws DataFolderInUseError another process uses the folder
 * @throws StoreUnavailableError the files cannot be created or read
 */
export async function connectLmdb({ dataDir, clock, bootId = kernelBootId() }: LmdbOptions): Promise<LmdbDatabase> {
  const opened: Environment[] = [];
  const claim = await claimDataFolder(dataDir, {
    clock,
    onLost(error) {
      for (const environment of opened) void environment.close(); // refuses every further call
      raise(error);
    },
  });
  const { environment, lockEnvironment, recordings, rooms, settings } = await openOrRelease();
  opened.push(environment, lockEnvironment);

  return {
    roomLocks: createLmdbRoomLocks(lockEnvironment, clock),
    migrate: (run) => run([createIndexRowsMigration({ environment, indexes: [recordings.index, rooms.index] })]),
    openStores: () => ({
      recordings: createLmdbRecordingStore(environment, recordings),
      rooms: createLmdbRoomStore(environment, rooms),
      apiKeys: createLmdbApiKeys(environment),
      jobRuns: createLmdbJobRuns(environment),
      settings,
    }),
    ping: () => settings.save(READINESS, String(clock.now())),
    async close() {
      await Promise.all([environment.close(), lockEnvironment.close()]);
      await claim.release();
    },
  };

  async function openOrRelease() {
    try {
      const environment = openEnvironment(join(dataDir, 'store'), { clock });
      const lockEnvironment = openLocks(join(dataDir, 'locks'), clock, bootId);
      return {
        environment,
        lockEnvironment,
        recordings: createRecordingTable(environment),
        rooms: createRoomTable(environment),
        settings: createLmdbSettings(environment),
      };
    } catch (error) {
      await claim.release();
      throw error;
    }
  }
}

/**
 * Room locks can be restored from the recordings, so their files are never flushed. A power loss may corrupt such files so that
 * LMDB crashes the process; files from an earlier boot of the machine are therefore deleted unread.
 */
function openLocks(path: string, clock: Clock, bootId: string | undefined): Environment {
  const mark = join(path, 'boot-id');
  const isOfThisBoot = bootId !== undefined && textOf(mark) === bootId;
  if (!isOfThisBoot) rmSync(path, { recursive: true, force: true });
  const environment = openEnvironment(path, { clock, volatile: true });
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
