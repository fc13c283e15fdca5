import { randomBytes } from 'node:crypto';

import type { Clock } from '../../clock.js';
import { LocksUnavailableError } from '../../errors.js';
import type { DatedHolder, Holding, LockAttempt, RoomLocks, WantedLock } from '../../machines/ports/room-locks.js';
import type { Environment } from './environment.js';

interface StoredLock extends DatedHolder {
  /** When the lock becomes free, epoch milliseconds. */
  expiresAt: number;
}

/** Room locks of a single process, stored so that they survive its death. An expired row counts as free; `list` removes it. */
export function createLmdbRoomLocks(environment: Environment, clock: Clock): RoomLocks {
  const locks = environment.table<StoredLock>('roomLocks');

  return {
    acquire: (roomId, uid, ttlMs, startKey) =>
      write(() => {
        const holder = heldBy(roomId);
        return holder === undefined ? take(roomId, uid, ttlMs, startKey) : { acquired: false, holder: toHolder(holder) };
      }),
    replace: (roomId, { value }, uid, ttlMs, startKey) =>
      write(() => {
        const holder = heldBy(roomId);
        if (holder !== undefined && holder.value !== value) return { acquired: false, holder: toHolder(holder) };
        return take(roomId, uid, ttlMs, startKey);
      }),
    hold: (wanted, ttlMs) => write(() => new Map(wanted.map((each) => [each.roomId, holdOne(each, ttlMs)]))),
    extend: (roomId, value, ttlMs) =>
      write(() => {
        const holder = heldBy(roomId);
        if (holder?.value !== value) return false;
        void locks.put(roomId, { ...holder, expiresAt: clock.now() + ttlMs });
        return true;
      }),
    release: (roomId, value) =>
      write(() => {
        if (locks.get(roomId)?.value === value) void locks.remove(roomId);
      }),
    find: (roomId) =>
      write(() => {
        const holder = heldBy(roomId);
        return holder === undefined ? undefined : toHolder(holder);
      }),
    list: () =>
      write(() => {
        const now = clock.now();
        const all = [...locks.getRange()];
        for (const { key, value } of all) if (value.expiresAt <= now) void locks.remove(key);
        return all.flatMap(({ key, value }) => (value.expiresAt <= now ? [] : [{ roomId: key, ...toHolder(value) }]));
      }),
  };

  async function write<Result>(action: () => Result): Promise<Result> {
    try {
      return await environment.write(action);
    } catch (error) {
      throw new LocksUnavailableError('The room locks could not be reached', { cause: error });
    }
  }

  function heldBy(roomId: string): StoredLock | undefined {
    const lock = locks.get(roomId);
    return lock !== undefined && lock.expiresAt > clock.now() ? lock : undefined;
  }

  function holdOne({ roomId, holder, instead }: WantedLock, ttlMs: number): Holding {
    const current = heldBy(roomId);
    const isKept = current?.value === holder.value;
    if (current !== undefined && !isKept && current.value !== instead?.value) return { heldBy: toHolder(current) };
    void locks.put(roomId, { ...holder, expiresAt: clock.now() + ttlMs });
    return isKept ? 'kept' : 'taken';
  }

  function take(roomId: string, uid: string, ttlMs: number, startKey?: string): LockAttempt {
    const value = randomBytes(16).toString('hex');
    const createdAt = clock.now();
    void locks.put(roomId, { value, uid, createdAt, ...(startKey !== undefined && { startKey }), expiresAt: createdAt + ttlMs });
    return { acquired: true, value };
  }
}

function toHolder({ expiresAt: _life, ...holder }: StoredLock): DatedHolder {
  return holder;
}
