import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { LockHolder, RoomLocks } from '../../src/machines/ports/room-locks.js';
import type { Disposable } from './actor-store.js';

export interface RoomLocksFixture extends Disposable {
  locks: RoomLocks;
  /** Let this many milliseconds pass for the locks: a driven clock is moved, a real service waited for. */
  elapse: (ms: number) => Promise<void> | void;
}

export interface RoomLocksContract {
  name: string;
  /** Locks that nobody holds. */
  create: () => Promise<RoomLocksFixture>;
}

const RACERS = 50;
/** Long enough that no case outlives it by accident. */
const LONG_MS = 60_000;
const SHORT_MS = 150;
/** For what has to be done with a lock before it runs out. */
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

    it('gives a value of 32 random hex characters', async () => {
      const values = [await taken('a', 'one'), await taken('b', 'two')];
      for (const value of values) expect(value).toMatch(/^[0-9a-f]{32}$/);
      expect(values[0]).not.toBe(values[1]);
    });

    it('tells the loser who holds the room', async () => {
      const value = await taken('room', 'one');
      const attempt = await locks.acquire('room', 'two', LONG_MS);
      expect(attempt).toEqual({ acquired: false, holder: { value, uid: 'one', createdAt: expect.any(Number) } });
    });

    it('has one winner among many', async () => {
      const uids = Array.from({ length: RACERS }, (_, index) => `u${index}`);
      const attempts = await Promise.all(uids.map((uid) => locks.acquire('room', uid, LONG_MS)));
      expect(attempts.filter(({ acquired }) => acquired)).toHaveLength(1);
      expect((await holderOf('room')).uid).toBe(uids[attempts.findIndex(({ acquired }) => acquired)]);
    });

    it('is free again after its time', async () => {
      await taken('room', 'one', SHORT_MS);
      await elapse(SHORT_MS + 1);
      expect(await isHeld('room')).toBe(false);
      await taken('room', 'two');
      expect((await holderOf('room')).uid).toBe('two');
    });

    it('is held longer when extended by its value', async () => {
      const value = await taken('room', 'one', HELD_MS);
      const before = await holderOf('room');
      expect(await locks.extend('room', value, LONG_MS)).toBe(true);
      await elapse(HELD_MS + 1);
      expect(await holderOf('room')).toEqual(before);
    });

    it('is not extended by another value, nor when it is gone', async () => {
      await taken('room', 'one', SHORT_MS);
      expect(await locks.extend('room', 'f'.repeat(32), LONG_MS)).toBe(false);
      await elapse(SHORT_MS + 1);
      expect(await isHeld('room')).toBe(false);
      expect(await locks.extend('room', 'f'.repeat(32), LONG_MS)).toBe(false);
      expect(await locks.extend('never', 'f'.repeat(32), LONG_MS)).toBe(false);
      expect(await isHeld('room')).toBe(false);
    });

    it('is not extended by its own value after its time', async () => {
      const value = await taken('room', 'one', SHORT_MS);
      await elapse(SHORT_MS + 1);
      expect(await locks.extend('room', value, LONG_MS)).toBe(false);
    });

    it('is released by its value and by no other', async () => {
      const value = await taken('room', 'one');
      await locks.release('room', 'f'.repeat(32));
      expect((await holderOf('room')).uid).toBe('one');
      await locks.release('room', value);
      expect(await isHeld('room')).toBe(false);
      await locks.release('room', value);
      await locks.release('never', value);
    });

    it('is not freed by a value of its past', async () => {
      const past = await taken('room', 'one', SHORT_MS);
      await elapse(SHORT_MS + 1);
      await taken('room', 'two');
      await locks.release('room', past);
      expect(await locks.extend('room', past, LONG_MS)).toBe(false);
      expect((await holderOf('room')).uid).toBe('two');
    });

    it('is replaced in the hands of exactly the holder seen', async () => {
      const value = await taken('room', 'one');
      const seen = await holderOf('room');
      const attempt = await locks.replace('room', seen, 'two', LONG_MS);
      expect(attempt).toEqual({ acquired: true, value: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect((await holderOf('room')).uid).toBe('two');
      expect(await locks.extend('room', value, LONG_MS)).toBe(false);
      expect(await locks.replace('room', seen, 'three', LONG_MS)).toMatchObject({ acquired: false, holder: { uid: 'two' } });
    });

    it('is replaced when the holder seen is gone and nobody came', async () => {
      const value = await taken('room', 'one');
      const seen = await holderOf('room');
      await locks.release('room', value);
      expect(await locks.replace('room', seen, 'two', LONG_MS)).toMatchObject({ acquired: true });
    });

    it('has one winner among many that replace the same holder', async () => {
      await taken('room', 'one');
      const seen = await holderOf('room');
      const attempts = await Promise.all(
        Array.from({ length: RACERS }, (_, index) => locks.replace('room', seen, `u${index}`, LONG_MS)),
      );
      expect(attempts.filter(({ acquired }) => acquired)).toHaveLength(1);
    });

    it('keeps the time given when it replaces', async () => {
      await taken('room', 'one');
      await locks.replace('room', await holderOf('room'), 'two', SHORT_MS);
      await elapse(SHORT_MS + 1);
      expect(await isHeld('room')).toBe(false);
    });

    /** Have one lock held. */
    const hold = async (holder: Required<LockHolder>, ttlMs: number, instead?: LockHolder) => {
      const holdings = await locks.hold([{ roomId: 'room', holder, ...(instead && { instead }) }], ttlMs);
      return holdings.get('room');
    };

    it('that its holder has is kept for longer when it is held again', async () => {
      const value = await taken('room', 'one', HELD_MS);
      const before = await holderOf('room');
      expect(await hold({ value, uid: 'one', createdAt: 5 }, LONG_MS)).toBe('kept');
      await elapse(HELD_MS + 1);
      expect(await holderOf('room')).toEqual({ ...before, createdAt: 5 });
    });

    it('that was lost is taken again by the value of its holder', async () => {
      const value = await taken('room', 'one', SHORT_MS);
      await elapse(SHORT_MS + 1);
      expect(await hold({ value, uid: 'one', createdAt: 5 }, LONG_MS)).toBe('taken');
      expect(await locks.list()).toEqual([{ roomId: 'room', value, uid: 'one', createdAt: 5 }]);
      await locks.release('room', value);
      expect(await isHeld('room')).toBe(false);
    });

    it('is held for the time given and no longer', async () => {
      await hold({ value: 'a'.repeat(32), uid: 'one', createdAt: 5 }, SHORT_MS);
      await elapse(SHORT_MS + 1);
      expect(await isHeld('room')).toBe(false);
    });

    it('of another holder is left alone, unless it is held in place of exactly that one', async () => {
      await taken('room', 'one');
      const seen = await holderOf('room');
      const holder = { value: 'a'.repeat(32), uid: 'two', createdAt: 5 };
      expect(await hold(holder, LONG_MS)).toEqual({ heldBy: seen });
      expect(await hold(holder, LONG_MS, { value: 'b'.repeat(32), uid: 'three', createdAt: 1 })).toEqual({ heldBy: seen });
      expect(await hold(holder, LONG_MS, seen)).toBe('taken');
      expect(await holderOf('room')).toEqual(holder);
    });

    it('is held among many, each with its own outcome', async () => {
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

    it('finds who holds a room, and nobody when it is free', async () => {
      expect(await locks.find('room')).toBeUndefined();
      const value = await taken('room', 'one', HELD_MS);
      expect(await locks.find('room')).toEqual({ value, uid: 'one', createdAt: expect.any(Number) });
      await elapse(HELD_MS + 1);
      expect(await locks.find('room')).toBeUndefined();
    });

    it('lists what is held, room by room', async () => {
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
