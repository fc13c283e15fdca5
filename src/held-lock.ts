import { type Clock, sleep } from './clock.js';
import { LocksUnavailableError, toError } from './errors.js';
import type { JobLocks } from './jobs/locks.js';
import type { Logger } from './logging.js';

/** Lifetime of the lock of a job or of the migrations, milliseconds: the lock of a killed process blocks others this long. */
export const JOB_LOCK_TTL_MS = 60_000;

export interface HeldLock {
  /** Stop extending the lock and free it. Never throws: a lock that cannot be freed expires. */
  release(): Promise<void>;
}

export interface HoldOptions {
  locks: JobLocks;
  /** Lifetime of the lock, milliseconds. The lock is extended after each sixth of it. */
  ttlMs: number;
  clock: Clock;
  log: Logger;
  /** Called once, when another process holds the lock, or may soon hold it because the lock could not be extended. */
  onLost: (reason: Error) => void;
}

export interface WaitOptions extends Omit<HoldOptions, 'onLost'> {
  /** The work that the lock protects, for the log: `the migrations`. */
  work: string;
  /** Aborted when the program stops. */
  signal: AbortSignal;
  /** Called each time that another process holds the lock. */
  onWait?: () => void;
}

/** Interval at which a waiting process tries to take the lock, milliseconds. */
const TRY_EVERY_MS = 1_000;

/**
 * Wait until this process holds the lock. The work that it protects goes on without it when the lock is unreachable or lost. Two
 * processes may do the work at once, so it must be safe to do twice.
 *
 * @returns undefined if the lock service is unreachable
 * @throws the reason of `signal`, if it is aborted
 */
export async function waitForLock(name: string, options: WaitOptions): Promise<HeldLock | undefined> {
  const { work, signal, clock, log, onWait } = options;
  const onLost = (err: Error) => log.warn({ err }, `${work} go on without their lock`);
  for (;;) {
    signal.throwIfAborted();
    try {
      const lock = await holdLock(name, { ...options, onLost });
      if (lock !== undefined) return lock;
    } catch (error) {
      log.warn({ err: toError(error) }, `${work} run without their lock`);
      return undefined;
    }
    onWait?.();
    await sleep(TRY_EVERY_MS, clock, signal);
  }
}

/**
 * Acquire a lock, and keep extending it until it is released or lost.
 *
 * @returns undefined when another process holds the lock
 * @throws LocksUnavailableError retryable
 */
export async function holdLock(name: string, { locks, ttlMs, clock, log, onLost }: HoldOptions): Promise<HeldLock | undefined> {
  const everyMs = ttlMs / 6;
  let heldFrom = clock.monotonic();
  const value = await locks.acquire(name, ttlMs);
  if (value === undefined) return undefined;
  let released = false;
  let cancel = extendSoon();

  return {
    async release() {
      released = true;
      cancel();
      await locks.release(name, value).catch((error: unknown) => {
        log.debug({ job: name, err: toError(error) }, 'job lock not released');
      });
    },
  };

  function extendSoon(): () => void {
    return clock.after(everyMs, () => void extend(value ?? ''));
  }

  async function extend(mine: string): Promise<void> {
    const askedAt = clock.monotonic();
    const isMine = await locks.extend(name, mine, ttlMs).catch((error: unknown) => toError(error));
    if (released) return;
    if (isMine === true) heldFrom = askedAt;
    // At the next attempt to extend it, the lock might have expired.
    const isEnding = clock.monotonic() + everyMs >= heldFrom + ttlMs;
    if (isMine === true || (isMine !== false && !isEnding)) cancel = extendSoon();
    else onLost(isMine === false ? new LocksUnavailableError('The job lock was lost') : isMine);
  }
}
