import type { Clock } from './clock.js';
import { LocksUnavailableError, toError } from './errors.js';
import type { JobLocks } from './jobs/locks.js';
import type { Logger } from './logging.js';

/** Life of the lock of a job or of the migrations, milliseconds: how long the lock of a killed process keeps the others waiting. */
export const JOB_LOCK_TTL_MS = 60_000;

export interface HeldLock {
  /** Stop extending it and free it. Never throws: a lock that cannot be freed expires. */
  release(): Promise<void>;
}

export interface HoldOptions {
  locks: JobLocks;
  /** Lifetime, milliseconds; extended six times in it. */
  ttlMs: number;
  clock: Clock;
  log: Logger;
  /** Called once, when another process has the lock or soon may have it because it cannot be extended. */
  onLost: (reason: Error) => void;
}

/**
 * Take a lock and keep it.
 *
 * @returns undefined when another holds it
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
    // With the next try it might be too late.
    const isEnding = clock.monotonic() + everyMs >= heldFrom + ttlMs;
    if (isMine === true || (isMine !== false && !isEnding)) cancel = extendSoon();
    else onLost(isMine === false ? new LocksUnavailableError('The job lock was lost') : isMine);
  }
}
