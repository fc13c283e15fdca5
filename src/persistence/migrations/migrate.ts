import { type Clock, sleep } from '../../clock.js';
import { toError } from '../../errors.js';
import { type HeldLock, holdLock, JOB_LOCK_TTL_MS } from '../../held-lock.js';
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
/** Interval at which a waiting process tries to take the lock, milliseconds. */
const TRY_EVERY_MS = 1_000;
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
  const lock = await takeLock(options);
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

/** Wait until this process has the lock. @returns undefined if the lock service is unreachable */
async function takeLock({ locks, clock, log, signal, onBegin }: MigrateOptions): Promise<HeldLock | undefined> {
  const onLost = (err: Error) => log.warn({ err }, 'the migrations go on without their lock');
  for (;;) {
    signal.throwIfAborted();
    try {
      const lock = await holdLock(LOCK, { locks, ttlMs: JOB_LOCK_TTL_MS, clock, log, onLost });
      if (lock !== undefined) return lock;
    } catch (error) {
      log.warn({ err: toError(error) }, 'the migrations run without their lock');
      return undefined;
    }
    onBegin();
    await sleep(TRY_EVERY_MS, clock, signal);
  }
}
