import { randomBytes } from 'node:crypto';

import type { Clock } from '../clock.js';
import type { JobLocks } from '../jobs/locks.js';

/** Job locks in the memory of a single process. They end with the process, as its jobs do. */
export function createLocalJobLocks({ clock }: { clock: Clock }): JobLocks {
  const locks = new Map<string, { value: string; expiresAt: number }>();

  return {
    async acquire(name, ttlMs) {
      if (valueOf(name) !== undefined) return undefined;
      const value = randomBytes(16).toString('hex');
      hold(name, value, ttlMs);
      return value;
    },
    async extend(name, value, ttlMs) {
      if (valueOf(name) !== value) return false;
      hold(name, value, ttlMs);
      return true;
    },
    async release(name, value) {
      if (valueOf(name) === value) locks.delete(name);
    },
  };

  function valueOf(name: string): string | undefined {
    const lock = locks.get(name);
    return lock !== undefined && lock.expiresAt > clock.monotonic() ? lock.value : undefined;
  }

  function hold(name: string, value: string, ttlMs: number): void {
    locks.set(name, { value, expiresAt: clock.monotonic() + ttlMs });
  }
}
