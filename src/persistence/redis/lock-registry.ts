import type { LockHolder } from '../../machines/ports/room-locks.js';
import { getAll, type RedisClient } from './connection.js';

/** A lock and its entry agree on who has the lock. */
export interface Registered {
  holder: LockHolder;
  /** When the lock expires by its entry, epoch milliseconds; 0 when the entry does not say. */
  until: number;
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

/** Beside each lock stands an entry that says who has it. The lock itself decides. */
export function createLockRegistry({ client, now }: { client: RedisClient; now: () => number }) {
  return {
    /** Over whatever stands there: the caller has the lock. @param ttlMs lifetime of the lock from `since` on */
    async write(lockKey: string, { value, uid, createdAt }: Required<LockHolder>, ttlMs: number, since: number): Promise<void> {
      const entry: Entry = { resources: [lockKey], value, expiration: expirationOf(since, ttlMs), createdAt, uid };
      await client.set(keyOf(lockKey), JSON.stringify(entry), 'PX', ttlMs + MARGIN_MS);
    },
    /** No more than the entry of this value. */
    async extend(lockKey: string, value: string, ttlMs: number): Promise<void> {
      await client.eval(EXTEND, 1, keyOf(lockKey), value, expirationOf(now(), ttlMs), ttlMs + MARGIN_MS);
    },
    /** No more than the entry of this value. */
    async remove(lockKey: string, value: string): Promise<void> {
      await client.eval(REMOVE, 1, keyOf(lockKey), value);
    },
    /** Remove the entry of a lock that is over: those of OpenVidu Meet outlive their locks by far. */
    async forget(lockKey: string): Promise<void> {
      const [value = null, text = null] = await getAll(client, [lockKey, keyOf(lockKey)]);
      const entry = parseEntry(text);
      if (value === null && entry !== undefined) await client.eval(REMOVE, 1, keyOf(lockKey), entry.holder.value);
    },
    /** Who has the lock now; undefined when it is free, or when the entry of its holder is missing. */
    async holderOf(lockKey: string): Promise<LockHolder | undefined> {
      return (await allOf([lockKey]))[0]?.holder;
    },
    allOf,
  };

  /** The same for many locks by one command (in a cluster, by one a key), in the order of the keys. */
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

/** Redlock's reckoning: a clock may drift by a hundredth, and Redis expires to the millisecond. */
function expirationOf(start: number, ttlMs: number): number {
  return start + ttlMs - Math.round(ttlMs / 100) - 2;
}

/** An entry without a uid or a date is another program's. */
function parseEntry(text: string | null): Registered | undefined {
  try {
    const { value, createdAt, uid, expiration } = JSON.parse(text ?? '{}') as Partial<Record<keyof Entry, unknown>>;
    if (typeof value !== 'string') return undefined;
    const date = typeof createdAt === 'number' ? { createdAt } : {};
    const holder = { value, uid: typeof uid === 'string' ? uid : '', ...date };
    return { holder, until: typeof expiration === 'number' ? expiration : 0 };
  } catch {
    return undefined;
  }
}
