import { randomBytes } from 'node:crypto';

import type { Clock } from '../../../src/clock.js';
import { systemClock } from '../../../src/clock.js';
import { LocksUnavailableError } from '../../../src/errors.js';
import type { Holding, LockAttempt, LockHolder, RoomLocks, WantedLock } from '../../../src/machines/ports/room-locks.js';
import type { Gate, GateErrors } from '../gate.js';
import { createGate, throughGate } from '../gate.js';

export interface MemoryLock extends LockHolder {
  /** Epoch milliseconds. */
  expiresAt: number;
}

export interface MemoryRoomLocksOptions {
  gate?: Gate;
  /** Default: the system clock. */
  clock?: Clock;
  /** The held locks, which several instances may share. A test clears the map to simulate a Redis that has lost its data. */
  locks?: Map<string, MemoryLock>;
}

const lockErrors: GateErrors = {
  unavailable: (message) => new LocksUnavailableError(message),
  unknown: (message) => new LocksUnavailableError(message),
};

export function createMemoryRoomLocks(options: MemoryRoomLocksOptions = {}): RoomLocks {
  const { gate = createGate(), clock = systemClock, locks = new Map<string, MemoryLock>() } = options;
  const call = <Result>(method: string, run: () => Result) => throughGate(gate, `locks.${method}`, lockErrors, run);

  return {
    acquire: (roomId, uid, ttlMs, startKey) =>
      call('acquire', () => {
        const holder = held(roomId);
        return holder === undefined ? take(roomId, uid, ttlMs, startKey) : { acquired: false, holder: toHolder(holder) };
      }),
    replace: (roomId, { value }, uid, ttlMs, startKey) =>
      call('replace', () => {
        const holder = held(roomId);
        if (holder !== undefined && holder.value !== value) return { acquired: false, holder: toHolder(holder) };
        return take(roomId, uid, ttlMs, startKey);
      }),
    hold: (wanted, ttlMs) => call('hold', () => new Map(wanted.map((each) => [each.roomId, holdOne(each, ttlMs)]))),
    extend: (roomId, value, ttlMs) =>
      call('extend', () => {
        const holder = held(roomId);
        if (holder?.value !== value) return false;
        locks.set(roomId, { ...holder, expiresAt: clock.now() + ttlMs });
        return true;
      }),
    release: (roomId, value) =>
      call('release', () => {
        if (held(roomId)?.value === value) locks.delete(roomId);
      }),
    find: (roomId) =>
      call('find', () => {
        const holder = held(roomId);
        return holder === undefined ? undefined : toHolder(holder);
      }),
    list: () =>
      call('list', () =>
        [...locks.keys()].flatMap((roomId) => {
          const holder = held(roomId);
          return holder === undefined ? [] : [{ roomId, ...toHolder(holder) }];
        }),
      ),
  };

  function held(roomId: string): MemoryLock | undefined {
    const lock = locks.get(roomId);
    return lock !== undefined && lock.expiresAt > clock.now() ? lock : undefined;
  }

  function holdOne({ roomId, holder, instead }: WantedLock, ttlMs: number): Holding {
    const current = held(roomId);
    const isKept = current?.value === holder.value;
    if (current !== undefined && !isKept && current.value !== instead?.value) return { heldBy: toHolder(current) };
    locks.set(roomId, { ...holder, expiresAt: clock.now() + ttlMs });
    return isKept ? 'kept' : 'taken';
  }

  function take(roomId: string, uid: string, ttlMs: number, startKey?: string): LockAttempt {
    const value = randomBytes(16).toString('hex');
    const createdAt = clock.now();
    locks.set(roomId, { value, uid, createdAt, ...(startKey !== undefined && { startKey }), expiresAt: createdAt + ttlMs });
    return { acquired: true, value };
  }
}

function toHolder({ expiresAt: _life, ...holder }: MemoryLock): LockHolder {
  return holder;
}
