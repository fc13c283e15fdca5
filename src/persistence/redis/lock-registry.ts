import type { DatedHolder, LockHolder } from '../../machines/ports/room-locks.js';
import { getAll, type RedisClient } from './connection.js';

/** The holder of a lock, from a registry entry that has the same value as the lock. */
export interface Registered {
  holder: LockHolder;
  /** When the lock expires according to its entry, epoch milliseconds; 0 if the entry has no expiration. */
  until: number;
}

/** A registry entry. OpenVidu Meet defines and reads all members but `uid` and `startKey`, which Tally adds. */
interface Entry {
  resources: string[];
  value: string;
  /** When the lock expires, epoch milliseconds. */
  expiration: number;
  /** When the lock was taken, epoch milliseconds. */
  createdAt: number;
  uid: string;
  startKey?: string;
}

export const REGISTRY_PREFIX = 'ov_meet_lock_registry:';
/** How much longer than its lock an entry lives, milliseconds, so that no registered lock lacks its entry. */
const MARGIN_MS = 10_000;

/** Each script uses only one key, because in a cluster a lock and its entry are on different nodes. */
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

/** The lock registry: one entry per lock, which names the lock's holder. Only the lock itself decides who has it. */
export function createLockRegistry({ client, now }: { client: RedisClient; now: () => number }) {
  return {
    /** Write or overwrite the entry; the caller must have the lock. @param ttlMs lifetime of the lock, counted from `since` */
    async write(lockKey: string, { value, ...holder }: DatedHolder, ttlMs: number, since: number): Promise<void> {
      const entry: Entry = { resources: [lockKey], value, expiration: expirationOf(since, ttlMs), ...holder };
      await client.set(keyOf(lockKey), JSON.stringify(entry), 'PX', ttlMs + MARGIN_MS);
    },
    /** Change the entry only if it has this value. */
    async extend(lockKey: string, value: string, ttlMs: number): Promise<void> {
      await client.eval(EXTEND, 1, keyOf(lockKey), value, expirationOf(now(), ttlMs), ttlMs + MARGIN_MS);
    },
    /** Change the entry only if it has this value. */
    async remove(lockKey: string, value: string): Promise<void> {
      await client.eval(REMOVE, 1, keyOf(lockKey), value);
    },
    /** Remove the entry of a lock that no longer exists; OpenVidu Meet's entries outlive their locks by a long time. */
    async forget(lockKey: string): Promise<void> {
      const [value = null, text = null] = await getAll(client, [lockKey, keyOf(lockKey)]);
      const entry = parseEntry(text);
      if (value === null && entry !== undefined) await client.eval(REMOVE, 1, keyOf(lockKey), entry.holder.value);
    },
    /** The holder of the lock; undefined if the lock is free or the registry has no entry for its current value. */
    async holderOf(lockKey: string): Promise<LockHolder | undefined> {
      return (await allOf([lockKey]))[0]?.holder;
    },
    allOf,
  };

  /** The valid entries of many locks, in the order of the keys, read by one command (in a cluster: one per key). */
  async function allOf(lockKeys: readonly string[]): Promise<(Registered | undefined)[]> {
    const texts = await getAll(client, [...lockKeys, ...lockKeys.map(keyOf)]);
    return lockKeys.map((_, index) => {
      const entry = parseEntry(texts[lockKeys.length + index] ?? null);
      return entry?.holder.value === texts[index] ? entry : undefined;
    });
  }
}

function keyOf(lockKey: string): string {
  return `${REGISTRY_PREFIX}${lockKey}`;
}

/** When a lock expires by Redlock's formula: minus 1 % of the lifetime for clock drift, and 2 ms for Redis's precision. */
function expirationOf(start: number, ttlMs: number): number {
  return start + ttlMs - Math.round(ttlMs / 100) - 2;
}

/** @returns undefined if the text is not an entry. An entry without uid or `createdAt` was written by another program. */
function parseEntry(text: string | null): Registered | undefined {
  try {
    const { value, createdAt, uid, startKey, expiration } = JSON.parse(text ?? '{}') as Partial<Record<keyof Entry, unknown>>;
    if (typeof value !== 'string') return undefined;
    const date = typeof createdAt === 'number' ? { createdAt } : {};
    const key = typeof startKey === 'string' ? { startKey } : {};
    const holder = { value, uid: typeof uid === 'string' ? uid : '', ...date, ...key };
    return { holder, until: typeof expiration === 'number' ? expiration : 0 };
  } catch {
    return undefined;
  }
}
