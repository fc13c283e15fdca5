import type { JobLocks } from '../../jobs/locks.js';
import type { Ask } from './ask.js';
import type { Locker } from './locker.js';

/** Shared with OpenVidu Meet, whose instances take the same locks for the same jobs. */
const PREFIX = 'ov_meet_lock:scheduled_task_';

/** No other program reads who holds a job's lock, so it has no entry in the registry. */
export function createRedisJobLocks(locker: Locker, ask: Ask): JobLocks {
  return {
    acquire: (name, ttlMs) =>
      ask(async (signal) => {
        const key = keyOf(name);
        const value = await locker.acquire(key, ttlMs);
        if (value === undefined || !signal.aborted) return value;
        await locker.release(key, value);
        return undefined;
      }),
    extend: (name, value, ttlMs) => ask(() => locker.extend(keyOf(name), value, ttlMs)),
    release: (name, value) => ask(() => locker.release(keyOf(name), value)),
  };
}

function keyOf(name: string): string {
  return `${PREFIX}${name}`;
}
