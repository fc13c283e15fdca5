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
  /** Called when there is something to wait for: work of this process, or that of another one. */
  onBegin: () => void;
}

const LOCK = 'migrations';
/** How often a waiting process tries to take the lock, milliseconds. */
const TRY_EVERY_MS = 1_000;
/** How often a long migration says how far it is, milliseconds. */
const TELL_EVERY_MS = 10_000;

/**
 * Run the migrations that are needed, one after the other. One process at a time does so; the others wait until it is done. The
 * lock spares work and decides nothing: when it cannot be reached, or is lost, the migrations run without it.
 *
 * @throws StoreUnavailableError retryable
 * @throws the signal's reason
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
    signal.throwIfAborted(); // an interrupted driver has reasons of its own
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

/** @returns undefined when the lock cannot be reached */
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
