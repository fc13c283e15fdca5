import type { JobLocks } from '../../jobs/locks.js';
import type { Ask } from './ask.js';
import type { Locker } from './locker.js';

/** The keys are shared with OpenVidu Meet, so an instance of either program excludes the other from the same job. */
const PREFIX = 'ov_meet_lock:';
/** Locks of OpenVidu Meet that are not those of a job. */
const NO_JOBS = ['storage_initialization'];

/** Job locks in Redis. They have no entry in the lock registry, because no program reads which process has a job's lock. */
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
  return `${PREFIX}${NO_JOBS.includes(name) ? '' : 'scheduled_task_'}${name}`;
}
