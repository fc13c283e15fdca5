import { randomBytes } from 'node:crypto';

import type { Clock } from '../../clock.js';
import { settleEach } from '../../concurrency.js';
import type { Holding, LockAttempt, RoomLocks, WantedLock } from '../../machines/ports/room-locks.js';
import type { Ask } from './ask.js';
import { keyNodes, type RedisClient } from './connection.js';
import { createLockRegistry, type Registered, REGISTRY_PREFIX } from './lock-registry.js';
import type { Locker } from './locker.js';

const PREFIX = 'ov_meet_lock:recording_active_';
/** Both in one walk through the database. */
const LOCKS_AND_ENTRIES = 'ov_meet_lock*:recording_active_*';
const SCAN_COUNT = 500;
/** A list walks the whole database, milliseconds. */
const LIST_LIMIT_MS = 10_000;
/** Locks that are renewed or taken again at the same time. */
const AT_ONCE = 100;

/** Take the lock from exactly one holder, or when it is free. */
const REPLACE = `
  local held = redis.call('get', KEYS[1])
  if held and held ~= ARGV[1] then return 0 end
  redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 1`;

/** Take the lock when it is free or one's own already, or from exactly one holder. Says 0 for another's, 1 for kept, 2 for taken. */
const HOLD = `
  local held = redis.call('get', KEYS[1])
  if held and held ~= ARGV[1] and held ~= ARGV[3] then return 0 end
  redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return held == ARGV[1] and 1 or 2`;
const KEPT = 1;
const ANOTHERS = 0;

/**
 * Room locks that several instances share, with those of OpenVidu Meet among them: same keys, same values. A lock that has
 * no entry in the registry, because somebody died between the two writes, is listed nowhere and goes with its time.
 */
export function createRedisRoomLocks(client: RedisClient, locker: Locker, ask: Ask, clock: Clock): RoomLocks {
  const registry = createLockRegistry({ client, now: () => clock.now() });

  return {
    acquire: (roomId, uid, ttlMs) =>
      ask(async (signal) => {
        const key = keyOf(roomId);
        const value = await locker.acquire(key, ttlMs);
        if (value === undefined) return { acquired: false, holder: await registry.holderOf(key) };
        return register(key, value, uid, ttlMs, signal);
      }),
    replace: (roomId, { value: past }, uid, ttlMs) =>
      ask(async (signal) => {
        const key = keyOf(roomId);
        const value = randomBytes(16).toString('hex');
        const isTaken = await client.eval(REPLACE, 1, key, past, value, Math.ceil(ttlMs)).catch(async (error: unknown) => {
          await freeQuietly(key, value); // as redlock does: it may have been taken, or be about to be
          throw error;
        });
        if (isTaken !== 1) return { acquired: false, holder: await registry.holderOf(key) };
        return register(key, value, uid, ttlMs, signal);
      }),
    async hold(wanted, ttlMs) {
      const keys = wanted.map(({ roomId }) => keyOf(roomId));
      // Where this fails, each lock is tried by itself, and its own attempt tells.
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

  /** A lock that is taken too late for its caller stays taken: its recording frees it. */
  function holdOne({ roomId, holder, instead }: WantedLock, lifeMs: number): Promise<Holding> {
    return ask(async () => {
      const key = keyOf(roomId);
      const outcome = await client.eval(HOLD, 1, key, holder.value, lifeMs, instead?.value ?? '');
      if (outcome === ANOTHERS) return { heldBy: await registry.holderOf(key) };
      await registry.write(key, holder, lifeMs, clock.now());
      return outcome === KEPT ? 'kept' : 'taken';
    });
  }

  /** The second half of taking a lock; a lock whose entry cannot be written, or that nobody waits for, is given back. */
  async function register(key: string, value: string, uid: string, ttlMs: number, signal: AbortSignal): Promise<LockAttempt> {
    try {
      const createdAt = clock.now();
      await registry.write(key, { value, uid, createdAt }, Math.ceil(ttlMs), createdAt);
      if (!signal.aborted) return { acquired: true, value };
    } catch (error) {
      await freeQuietly(key, value);
      throw error;
    }
    await free(key, value);
    return { acquired: false, holder: undefined };
  }

  async function free(key: string, value: string): Promise<void> {
    await locker.release(key, value);
    await registry.remove(key, value);
  }

  async function freeQuietly(key: string, value: string): Promise<void> {
    await free(key, value).catch(() => undefined);
  }

  /** Keys of the locks, and of locks that are over and have left their entry. */
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
