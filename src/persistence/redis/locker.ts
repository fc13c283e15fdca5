import Redlock, { ExecutionError, Lock, ResourceLockedError } from 'redlock';

import { keyNodes, type RedisClient } from './connection.js';

/** Locks by key and value. A method rejects only if Redis fails, never because another process has the lock. */
export interface Locker {
  /** Try once. @returns the lock's value, 32 random hex characters; undefined if the lock is taken */
  acquire(key: string, ttlMs: number): Promise<string | undefined>;
  /** @returns false if the lock has another value or no longer exists */
  extend(key: string, value: string, ttlMs: number): Promise<boolean>;
  /** Free the lock if it still has this value. */
  release(key: string, value: string): Promise<void>;
}

/** Create a locker on Redis. @param client a client that is not connected yet */
export function createLocker(client: RedisClient): Locker {
  const redlock = new Redlock([client], { retryCount: 0 });

  // Redlock sends a script's text only after Redis refuses its hash: too late for the release after an unanswered acquire.
  client.on('ready', () => loadScripts());

  return {
    async acquire(key, ttlMs) {
      const lock = await unlessContended(redlock.acquire([key], Math.ceil(ttlMs)));
      return lock?.value;
    },
    async extend(key, value, ttlMs) {
      const lock = await unlessContended(redlock.extend(lockOf(key, value), Math.ceil(ttlMs)));
      return lock !== undefined;
    },
    async release(key, value) {
      await unlessContended(redlock.release(lockOf(key, value)));
    },
  };

  /** A Redlock object for a known value. Its expiration is unknown, so Redis alone decides whether the lock still exists. */
  function lockOf(key: string, value: string): Lock {
    return new Lock(redlock, [key], value, [], Number.MAX_SAFE_INTEGER);
  }

  function loadScripts(): void {
    for (const node of keyNodes(client)) {
      for (const { value } of Object.values(redlock.scripts)) node.script('LOAD', value).catch(() => undefined);
    }
  }
}

/**
 * Redlock rejects with the same error if the lock is taken and if Redis fails; only the votes show the difference.
 *
 * @returns undefined if every vote against reports that the lock has another value or is gone
 * @throws Error the failure of Redis
 */
async function unlessContended<Result>(operation: Promise<Result>): Promise<Result | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (!(error instanceof ExecutionError)) throw error;
    const votes = (await Promise.all(error.attempts)).flatMap(({ votesAgainst }) => [...votesAgainst.values()]);
    const failure = votes.find((vote) => !(vote instanceof ResourceLockedError));
    if (failure !== undefined || votes.length === 0) throw failure ?? error;
    return undefined;
  }
}
