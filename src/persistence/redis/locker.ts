import Redlock, { ExecutionError, Lock, ResourceLockedError } from 'redlock';

import { keyNodes, type RedisClient } from './connection.js';

/** Locks by key and value; what fails is an outage. */
export interface Locker {
  /** One try. @returns the lock's value, 32 random hex characters; undefined when another holds it */
  acquire(key: string, ttlMs: number): Promise<string | undefined>;
  /** @returns false when the lock has another value or is gone */
  extend(key: string, value: string, ttlMs: number): Promise<boolean>;
  /** Free the lock if it still has this value. */
  release(key: string, value: string): Promise<void>;
}

/** @param client not connected yet */
export function createLocker(client: RedisClient): Locker {
  const redlock = new Redlock([client], { retryCount: 0 });

  // By its hash a script works from its second use on: too late for the release that follows an acquire without an answer.
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

  /** A lock of which no more is known than its value: Redis judges whether it still holds. */
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
 * Redlock rejects with one and the same error whether the lock is another's or Redis is away; the votes tell which.
 *
 * @returns undefined when every vote against says that the lock is not ours
 * @throws Error what went wrong otherwise
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
