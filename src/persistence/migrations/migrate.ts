import type { Clock } from '../../clock.js';
import { JOB_LOCK_TTL_MS, waitForLock } from '../../held-lock.js';
import type { JobLocks } from '../../jobs/locks.js';
import type { Logger } from '../../logging.js';
import type { Migration } from './migration.js';

export interface MigrateOptions {
  locks: JobLocks;
  clock: Clock;
  log: Logger;
  /** Aborted when the program stops. */
  signal: AbortSignal;
  /** Called before a migration runs, and while another process migrates. */
  onBegin: () => void;
}

const LOCK = 'migrations';
/** Interval at which a long migration logs its progress, milliseconds. */
const TELL_EVERY_MS = 10_000;

/**
 * Run the needed migrations one after another. One process does so at a time; the other processes wait. The lock only avoids
 * double work: if it is unreachable or lost, the migrations run without it.
 *
 * @throws StoreUnavailableError the store failed during a migration (retryable)
 * @throws the reason of `signal`, if it is aborted
 */
export async function migrate(migrations: readonly Migration[], options: MigrateOptions): Promise<void> {
  const { clock, log, signal, onBegin } = options;
  const lock = await waitForLock(LOCK, { ...options, ttlMs: JOB_LOCK_TTL_MS, work: 'the migrations', onWait: onBegin });
  try {
    for (const migration of migrations) {
      signal.throwIfAborted();
      if (!(await migration.isNeeded())) continue;
      onBegin();
      await run(migration);
    }
  } catch (error) {
    signal.throwIfAborted(); // after an abort, throw the signal's reason instead of the driver's error
    throw error;
  } finally {
    await lock?.release();
  }

  async function run(migration: Migration): Promise<void> {
    const { name } = migration;
    const begunAt = clock.monotonic();
    let toldAt = begunAt;
    log.info({ migration: name }, 'migration begins');
    const counts = await migration.run({
      signal,
      onBatch(soFar) {
        if (clock.monotonic() - toldAt < TELL_EVERY_MS) return;
        toldAt = clock.monotonic();
        log.info({ migration: name, counts: soFar }, 'migration goes on');
      },
    });
    log.info({ migration: name, counts, ms: Math.round(clock.monotonic() - begunAt) }, 'migration is done');
  }
}
