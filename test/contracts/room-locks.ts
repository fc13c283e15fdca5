import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { DatedHolder, LockHolder, RoomLocks } from '../../src/machines/ports/room-locks.js';
import type { Disposable } from './actor-store.js';

export interface RoomLocksFixture extends Disposable {
  locks: RoomLocks;
  /** Lets this many milliseconds pass for the locks: advances a test clock, or waits for a real service. */
  elapse: (ms: number) => Promise<void> | void;
}

export interface RoomLocksContract {
  name: string;
  /** Creates the locks; none is held. */
  create: () => Promise<RoomLocksFixture>;
}

const RACERS = 50;
/** Lifetime of a lock that does not expire during a test. */
const LONG_MS = 60_000;
const SHORT_MS = 150;
/** Lifetime of a lock that leaves time for one call before it expires. */
const HELD_MS = 1_500;

export function roomLocksContract({ name, create }: RoomLocksContract): void {
  describe(`room locks: ${name}`, () => {
    let locks: RoomLocks;
    let elapse: RoomLocksFixture['elapse'];
    let dispose: (() => Promise<void>) | undefined;

    beforeEach(async () => {
      ({ locks, elapse, dispose } = await create());
    });
    afterEach(() => dispose?.());

    const taken = async (roomId: string, uid: string, ttlMs = LONG_MS): Promise<string> => {
      const attempt = await locks.acquire(roomId, uid, ttlMs);
      if (!attempt.acquired) throw new Error(`${roomId} is held`);
      return attempt.value;
    };
    const holderOf = async (roomId: string): Promise<LockHolder> => {
      const attempt = await locks.acquire(roomId, 'asking', LONG_MS);
      if (attempt.acquired || attempt.holder === undefined) throw new Error(`${roomId} is free`);
      return attempt.holder;
    };
    const isHeld = async (roomId: string): Promise<boolean> => (await locks.list()).some((lock) => lock.roomId === roomId);

    it('have values of 32 random hex characters', async () => {
      const values = [await taken('a', 'one'), await taken('b', 'two')];
      for (const value of values) expect(value).toMatch(/^[0-9a-f]{32}$/);
      expect(values[0]).not.toBe(values[1]);
    });

    it('name the holder when they refuse a lock', async () => {
      const value = await taken('room', 'one');
      const attempt = await locks.acquire('room', 'two', LONG_MS);
      expect(attempt).toEqual({ acquired: false, holder: { value, uid: 'one', createdAt: expect.any(Number) } });
    });

    it('name the start key of the holder, also after the lock is replaced or extended', async () => {
      const first = await locks.acquire('room', 'one', LONG_MS, 'key-1');
      expect((await holderOf('room')).startKey).toBe('key-1');
      if (first.acquired) await locks.extend('room', first.value, LONG_MS);
      const seen = await holderOf('room');
      expect(seen.startKey).toBe('key-1');
      await locks.replace('room', seen, 'two', LONG_MS, 'key-2');
      expect((await locks.list()).map(({ uid, startKey }) => [uid, startKey])).toEqual([['two', 'key-2']]);
    });

    it('grant a room to one of fifty callers that ask at once', async () => {
      const uids = Array.from({ length: RACERS }, (_, index) => `u${index}`);
      const attempts = await Promise.all(uids.map((uid) => locks.acquire('room', uid, LONG_MS)));
      expect(attempts.filter(({ acquired }) => acquired)).toHaveLength(1);
      expect((await holderOf('room')).uid).toBe(uids[attempts.findIndex(({ acquired }) => acquired)]);
    });

    it('grant a room again after the lifetime of its lock', async () => {
      await taken('room', 'one', SHORT_MS);
      await elapse(SHORT_MS + 1);
      expect(await isHeld('room')).toBe(false);
      await taken('room', 'two');
      expect((await holderOf('room')).uid).toBe('two');
    });

    it('extend a lock by its value', async () => {
      const value = await taken('room', 'one', HELD_MS);
      const before = await holderOf('room');
      expect(await locks.extend('room', value, LONG_MS)).toBe(true);
      await elapse(HELD_MS + 1);
      expect(await holderOf('room')).toEqual(before);
    });

    it('do not extend a lock by another value, nor create one that does not exist', async () => {
      await taken('room', 'one', SHORT_MS);
      expect(await locks.extend('room', 'f'.repeat(32), LONG_MS)).toBe(false);
      await elapse(SHORT_MS + 1);
      expect(await isHeld('room')).toBe(false);
      expect(await locks.extend('room', 'f'.repeat(32), LONG_MS)).toBe(false);
      expect(await locks.extend('never', 'f'.repeat(32), LONG_MS)).toBe(false);
      expect(await isHeld('room')).toBe(false);
    });

    it('do not extend an expired lock by its own value', async () => {
      const value = await taken('room', 'one', SHORT_MS);
      await elapse(SHORT_MS + 1);
      expect(await locks.extend('room', value, LONG_MS)).toBe(false);
    });

    it('release a lock by its value and by no other', async () => {
      const value = await taken('room', 'one');
      await locks.release('room', 'f'.repeat(32));
      expect((await holderOf('room')).uid).toBe('one');
      await locks.release('room', value);
      expect(await isHeld('room')).toBe(false);
      await locks.release('room', value);
      await locks.release('never', value);
    });

    it('neither release nor extend a lock by the value of an earlier holder', async () => {
      const past = await taken('room', 'one', SHORT_MS);
      await elapse(SHORT_MS + 1);
      await taken('room', 'two');
      await locks.release('room', past);
      expect(await locks.extend('room', past, LONG_MS)).toBe(false);
      expect((await holderOf('room')).uid).toBe('two');
    });

    it('replace a lock only while it has the holder that the caller saw', async () => {
      const value = await taken('room', 'one');
      const seen = await holderOf('room');
      const attempt = await locks.replace('room', seen, 'two', LONG_MS);
      expect(attempt).toEqual({ acquired: true, value: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect((await holderOf('room')).uid).toBe('two');
      expect(await locks.extend('room', value, LONG_MS)).toBe(false);
      expect(await locks.replace('room', seen, 'three', LONG_MS)).toMatchObject({ acquired: false, holder: { uid: 'two' } });
    });

    it('replace a lock when the holder that the caller saw has released it', async () => {
      const value = await taken('room', 'one');
      const seen = await holderOf('room');
      await locks.release('room', value);
      expect(await locks.replace('room', seen, 'two', LONG_MS)).toMatchObject({ acquired: true });
    });

    it('grant a room to one of fifty callers that replace the same holder', async () => {
      await taken('room', 'one');
      const seen = await holderOf('room');
      const attempts = await Promise.all(
        Array.from({ length: RACERS }, (_, index) => locks.replace('room', seen, `u${index}`, LONG_MS)),
      );
      expect(attempts.filter(({ acquired }) => acquired)).toHaveLength(1);
    });

    it('give a replaced lock the new lifetime', async () => {
      await taken('room', 'one');
      await locks.replace('room', await holderOf('room'), 'two', SHORT_MS);
      await elapse(SHORT_MS + 1);
      expect(await isHeld('room')).toBe(false);
    });

    /** Calls `hold` for one lock and returns its outcome. */
    const hold = async (holder: DatedHolder, ttlMs: number, instead?: LockHolder) => {
      const holdings = await locks.hold([{ roomId: 'room', holder, ...(instead && { instead }) }], ttlMs);
      return holdings.get('room');
    };

    it('extend a lock when its holder calls hold', async () => {
      const value = await taken('room', 'one', HELD_MS);
      const before = await holderOf('room');
      expect(await hold({ value, uid: 'one', createdAt: 5 }, LONG_MS)).toBe('kept');
      await elapse(HELD_MS + 1);
      expect(await holderOf('room')).toEqual({ ...before, createdAt: 5 });
    });

    it('take a lost lock again with its old value when its holder calls hold', async () => {
      const value = await taken('room', 'one', SHORT_MS);
      await elapse(SHORT_MS + 1);
      expect(await hold({ value, uid: 'one', createdAt: 5 }, LONG_MS)).toBe('taken');
      expect(await locks.list()).toEqual([{ roomId: 'room', value, uid: 'one', createdAt: 5 }]);
      await locks.release('room', value);
      expect(await isHeld('room')).toBe(false);
    });

    it('hold a lock only for the given lifetime', async () => {
      await hold({ value: 'a'.repeat(32), uid: 'one', createdAt: 5 }, SHORT_MS);
      await elapse(SHORT_MS + 1);
      expect(await isHeld('room')).toBe(false);
    });

    it('do not hold a lock of another holder, unless the call names exactly that holder', async () => {
      await taken('room', 'one');
      const seen = await holderOf('room');
      const holder = { value: 'a'.repeat(32), uid: 'two', createdAt: 5 };
      expect(await hold(holder, LONG_MS)).toEqual({ heldBy: seen });
      expect(await hold(holder, LONG_MS, { value: 'b'.repeat(32), uid: 'three', createdAt: 1 })).toEqual({ heldBy: seen });
      expect(await hold(holder, LONG_MS, seen)).toBe('taken');
      expect(await holderOf('room')).toEqual(holder);
    });

    it('hold 120 locks with one call and give each its own outcome', async () => {
      const holderFor = (uid: string) => ({ value: uid.padEnd(32, '0'), uid, createdAt: 5 });
      const rooms = Array.from({ length: 120 }, (_, index) => `room-${String(index)}`);
      const wanted = rooms.map((roomId) => ({ roomId, holder: holderFor(roomId) }));
      expect(new Set((await locks.hold(wanted, LONG_MS)).values())).toEqual(new Set(['taken']));
      await locks.release('room-7', holderFor('room-7').value);
      const stranger = holderFor('stranger');
      await locks.hold([{ roomId: 'room-8', holder: stranger, instead: holderFor('room-8') }], LONG_MS);
      const outcomes = await locks.hold(wanted, LONG_MS);
      expect([...outcomes.keys()]).toEqual(rooms);
      expect([...outcomes].filter(([, holding]) => holding !== 'kept')).toEqual([
        ['room-7', 'taken'],
        ['room-8', { heldBy: stranger }],
      ]);
      expect(await locks.hold([], LONG_MS)).toEqual(new Map());
    });

    it('find the holder of a room, or undefined when the room is free', async () => {
      expect(await locks.find('room')).toBeUndefined();
      const value = await taken('room', 'one', HELD_MS);
      expect(await locks.find('room')).toEqual({ value, uid: 'one', createdAt: expect.any(Number) });
      await elapse(HELD_MS + 1);
      expect(await locks.find('room')).toBeUndefined();
    });

    it('list the locks that are held, and none that is expired or released', async () => {
      await taken('expired', 'zero', SHORT_MS);
      await elapse(SHORT_MS + 1);
      const values = { a: await taken('a', 'one'), b: await taken('b', 'two'), freed: await taken('freed', 'three') };
      await locks.release('freed', values.freed);
      const held = (await locks.list()).sort((one, other) => one.roomId.localeCompare(other.roomId));
      expect(held).toEqual([
        { roomId: 'a', value: values.a, uid: 'one', createdAt: expect.any(Number) },
        { roomId: 'b', value: values.b, uid: 'two', createdAt: expect.any(Number) },
      ]);
    });
  });
}
