import { randomBytes } from 'node:crypto';

import type { Clock } from '../../clock.js';
import { settleEach } from '../../concurrency.js';
import type { DatedHolder, Holding, LockAttempt, RoomLocks, WantedLock } from '../../machines/ports/room-locks.js';
import type { Ask } from './ask.js';
import { keyNodes, type RedisClient } from './connection.js';
import { createLockRegistry, type Registered, REGISTRY_PREFIX } from './lock-registry.js';
import type { Locker } from './locker.js';

const PREFIX = 'ov_meet_lock:recording_active_';
/** Pattern that matches the locks and their registry entries, so one scan finds both. */
const LOCKS_AND_ENTRIES = 'ov_meet_lock*:recording_active_*';
const SCAN_COUNT = 500;
/** Time limit of `list`, milliseconds; it scans the whole Redis database. */
const LIST_LIMIT_MS = 10_000;
/** Maximum number of locks that `hold` writes at the same time. */
const AT_ONCE = 100;

/** Takes the lock if it is free or has the expected value. Returns 1 if taken, else 0. */
const REPLACE = `
  local held = redis.call('get', KEYS[1])
  if held and held ~= ARGV[1] then return 0 end
  redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 1`;

/** Takes the lock if it is free, already the caller's, or has the expected other value. Returns 0: refused, 1: kept, 2: taken. */
const HOLD = `
  local held = redis.call('get', KEYS[1])
  if held and held ~= ARGV[1] and held ~= ARGV[3] then return 0 end
  redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return held == ARGV[1] and 1 or 2`;
const KEPT = 1;
const ANOTHERS = 0;

/**
 * Room locks in Redis, shared by all instances and with OpenVidu Meet: same keys, same values. A process may die between writing
 * a lock and writing its registry entry; no list shows such a lock, and it ends when it expires.
 */
export function createRedisRoomLocks(client: RedisClient, locker: Locker, ask: Ask, clock: Clock): RoomLocks {
  const registry = createLockRegistry({ client, now: () => clock.now() });

  return {
    acquire: (roomId, uid, ttlMs, startKey) =>
      ask(async (signal) => {
        const key = keyOf(roomId);
        const value = await locker.acquire(key, ttlMs);
        if (value === undefined) return { acquired: false, holder: await registry.holderOf(key) };
        return register(key, holderOf(value, uid, startKey), ttlMs, signal);
      }),
    replace: (roomId, { value: past }, uid, ttlMs, startKey) =>
      ask(async (signal) => {
        const key = keyOf(roomId);
        const value = randomBytes(16).toString('hex');
        const isTaken = await client.eval(REPLACE, 1, key, past, value, Math.ceil(ttlMs)).catch(async (error: unknown) => {
          await freeQuietly(key, value); // the script may have run, or may still run, as after a failed acquire of redlock
          throw error;
        });
        if (isTaken !== 1) return { acquired: false, holder: await registry.holderOf(key) };
        return register(key, holderOf(value, uid, startKey), ttlMs, signal);
      }),
    async hold(wanted, ttlMs) {
      const keys = wanted.map(({ roomId }) => keyOf(roomId));
      // If this read fails, every lock is written by a command of its own, which gives the outcome for that lock.
      const known = await ask(() => registry.allOf(keys)).catch(() => []);
      const halfOver = clock.now() + ttlMs / 2;
      const isSafe = ({ holder }: WantedLock, now: Registered | undefined) =>
        now?.holder.value === holder.value && now.until >= halfOver;
      const due = wanted.filter((each, index) => !isSafe(each, known[index]));
      const outcomes = await settleEach(due, AT_ONCE, (each) => holdOne(each, Math.ceil(ttlMs)));
      const holdings = new Map<string, Holding>(wanted.map(({ roomId }) => [roomId, 'kept']));
      for (const outcome of outcomes) {
        holdings.set(outcome.item.roomId, 'error' in outcome ? { failed: outcome.error } : outcome.result);
      }
      return holdings;
    },
    extend: (roomId, value, ttlMs) =>
      ask(async () => {
        const key = keyOf(roomId);
        if (!(await locker.extend(key, value, ttlMs))) return false;
        await registry.extend(key, value, Math.ceil(ttlMs));
        return true;
      }),
    release: (roomId, value) => ask(() => free(keyOf(roomId), value)),
    find: (roomId) => ask(() => registry.holderOf(keyOf(roomId))),
    list: () =>
      ask(async () => {
        const { locks, past } = await findKeys();
        await Promise.all(past.map((key) => registry.forget(key)));
        const registered = await registry.allOf(locks);
        return locks.flatMap((key, index) => {
          const holder = registered[index]?.holder;
          return holder === undefined ? [] : [{ roomId: key.slice(PREFIX.length), ...holder }];
        });
      }, LIST_LIMIT_MS),
  };

  /** A lock that is taken after the time limit is not given back: its recording releases the lock later. */
  function holdOne({ roomId, holder, instead }: WantedLock, lifeMs: number): Promise<Holding> {
    return ask(async () => {
      const key = keyOf(roomId);
      const outcome = await client.eval(HOLD, 1, key, holder.value, lifeMs, instead?.value ?? '');
      if (outcome === ANOTHERS) return { heldBy: await registry.holderOf(key) };
      await registry.write(key, holder, lifeMs, clock.now());
      return outcome === KEPT ? 'kept' : 'taken';
    });
  }

  /** Write the entry of a lock just taken. If that fails, or the caller no longer waits, the lock is released. */
  async function register(key: string, holder: DatedHolder, ttlMs: number, signal: AbortSignal): Promise<LockAttempt> {
    const { value, createdAt } = holder;
    try {
      await registry.write(key, holder, Math.ceil(ttlMs), createdAt);
      if (!signal.aborted) return { acquired: true, value };
    } catch (error) {
      await freeQuietly(key, value);
      throw error;
    }
    await free(key, value);
    return { acquired: false, holder: undefined };
  }

  function holderOf(value: string, uid: string, startKey?: string): DatedHolder {
    return { value, uid, createdAt: clock.now(), ...(startKey !== undefined && { startKey }) };
  }

  async function free(key: string, value: string): Promise<void> {
    await locker.release(key, value);
    await registry.remove(key, value);
  }

  async function freeQuietly(key: string, value: string): Promise<void> {
    await free(key, value).catch(() => undefined);
  }

  /** `locks`: keys of the existing locks; `past`: keys of ended locks whose registry entry still exists. */
  async function findKeys(): Promise<{ locks: string[]; past: string[] }> {
    const keys = new Set<string>();
    const nodes = keyNodes(client);
    if (nodes.length === 0) throw new Error('No node of the Redis cluster is known');
    for (const node of nodes) {
      let cursor = '0';
      do {
        const [next, found] = await node.scan(cursor, 'MATCH', LOCKS_AND_ENTRIES, 'COUNT', SCAN_COUNT);
        for (const key of found) keys.add(key);
        cursor = next;
      } while (cursor !== '0');
    }
    const entries = [...keys].filter((key) => key.startsWith(REGISTRY_PREFIX)).map((key) => key.slice(REGISTRY_PREFIX.length));
    return {
      locks: [...keys].filter((key) => key.startsWith(PREFIX)),
      past: entries.filter((key) => key.startsWith(PREFIX) && !keys.has(key)),
    };
  }
}

function keyOf(roomId: string): string {
  return `${PREFIX}${roomId}`;
}
