import type { LockHolder } from '../../machines/ports/room-locks.js';
import type { RedisClient } from './connection.js';

/** What is told about locks: beside each lock an entry that says whose it is. The lock itself is the truth. */
export interface LockRegistry {
  /** Over whatever stands there: the caller has the lock. @param ttlMs lifetime of the lock from `since` on */
  write(lockKey: string, holder: Required<LockHolder>, ttlMs: number, since: number): Promise<void>;
  /** No more than the entry of this value. */
  extend(lockKey: string, value: string, ttlMs: number): Promise<void>;
  /** No more than the entry of this value. */
  remove(lockKey: string, value: string): Promise<void>;
  /** Remove the entry of a lock that is over: those of OpenVidu Meet outlive their locks by far. */
  forget(lockKey: string): Promise<void>;
  /** Who has the lock now; undefined when nobody, or when the entry of the holder is missing. */
  holderOf(lockKey: string): Promise<LockHolder | undefined>;
}

/** The member names are those of OpenVidu Meet, whose instances read them; `uid` is ours. */
interface Entry {
  resources: string[];
  value: string;
  /** Epoch milliseconds. */
  expiration: number;
  /** Epoch milliseconds. */
  createdAt: number;
  uid: string;
}

export const REGISTRY_PREFIX = 'ov_meet_lock_registry:';
/** How much longer than its lock an entry lives, milliseconds: whoever sees the lock finds the entry. */
const MARGIN_MS = 10_000;

/** One key per script: in a cluster the lock and its entry live on different nodes. */
const EXTEND = `
  local text = redis.call('get', KEYS[1])
  local known, entry = pcall(cjson.decode, text)
  if not known or type(entry) ~= 'table' or entry.value ~= ARGV[1] then return 0 end
  entry.expiration = tonumber(ARGV[2])
  redis.call('set', KEYS[1], cjson.encode(entry), 'PX', ARGV[3])
  return 1`;
const REMOVE = `
  local text = redis.call('get', KEYS[1])
  local known, entry = pcall(cjson.decode, text)
  if not known or type(entry) ~= 'table' or entry.value ~= ARGV[1] then return 0 end
  return redis.call('del', KEYS[1])`;

export function createLockRegistry({ client, now }: { client: RedisClient; now: () => number }): LockRegistry {
  return {
    async write(lockKey, { value, uid, createdAt }, ttlMs, since) {
      const entry: Entry = { resources: [lockKey], value, expiration: expirationOf(since, ttlMs), createdAt, uid };
      await client.set(keyOf(lockKey), JSON.stringify(entry), 'PX', ttlMs + MARGIN_MS);
    },
    async extend(lockKey, value, ttlMs) {
      await client.eval(EXTEND, 1, keyOf(lockKey), value, expirationOf(now(), ttlMs), ttlMs + MARGIN_MS);
    },
    async remove(lockKey, value) {
      await client.eval(REMOVE, 1, keyOf(lockKey), value);
    },
    async forget(lockKey) {
      const [value, text] = await read(lockKey);
      const holder = parseEntry(text);
      if (value === null && holder !== undefined) await client.eval(REMOVE, 1, keyOf(lockKey), holder.value);
    },
    async holderOf(lockKey) {
      const [value, text] = await read(lockKey);
      const holder = parseEntry(text);
      return holder?.value === value ? holder : undefined;
    },
  };

  function read(lockKey: string): Promise<[string | null, string | null]> {
    return Promise.all([client.get(lockKey), client.get(keyOf(lockKey))]);
  }
}

function keyOf(lockKey: string): string {
  return `${REGISTRY_PREFIX}${lockKey}`;
}

/** Redlock's reckoning: a clock may drift by a hundredth, and Redis expires to the millisecond. */
function expirationOf(start: number, ttlMs: number): number {
  return start + ttlMs - Math.round(ttlMs / 100) - 2;
}

/** An entry without a uid or a date is another program's. */
function parseEntry(text: string | null): LockHolder | undefined {
  try {
    const { value, createdAt, uid } = JSON.parse(text ?? '{}') as Partial<Record<keyof Entry, unknown>>;
    if (typeof value !== 'string') return undefined;
    return { value, uid: typeof uid === 'string' ? uid : '', ...(typeof createdAt === 'number' ? { createdAt } : {}) };
  } catch {
    return undefined;
  }
}
