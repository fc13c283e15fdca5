import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Clock } from '../../src/clock.js';
import { LiveKitUnavailableError, LocksUnavailableError } from '../../src/errors.js';
import { collectOrphanedLocks } from '../../src/jobs/orphaned-locks.job.js';
import { keepRecordingLocks } from '../../src/jobs/recording-locks.job.js';
import type { EgressObservation } from '../../src/machines/ports/egress-gateway.js';
import type { RecordingStore } from '../../src/machines/recording/recording-store.js';
import type { RoomLocks } from '../../src/machines/ports/room-locks.js';
import { silentLog } from '../support/silent-log.js';
import { createTestClock, type TestClock } from '../support/test-clock.js';
import type { Disposable } from './actor-store.js';
import { buildRecording, buildSettled, nextOf } from './documents.js';

export interface RoomLockJobsFixture extends Disposable {
  locks: RoomLocks;
  store: RecordingStore;
  /** Deletes every lock. */
  loseAll: () => Promise<void>;
}

export interface RoomLockJobsContract {
  name: string;
  /** Creates stores without locks and recordings. The locks take their creation time from `clock`. */
  create: (clock: Clock) => Promise<RoomLockJobsFixture>;
  /** Takes a lock without a creation time, as OpenVidu Meet does; absent for an adapter that only Tally uses. */
  takeUndated?: (roomId: string) => Promise<void>;
}

const GRACE_MS = 60_000;
const TTL_MS = 3_600_000;
/** A time longer than a start may take to create its record. */
const START_MS = 15_001;

/** Tests the two jobs that keep room locks and recordings consistent, on one adapter of the locks. */
export function roomLockJobsContract({ name, create, takeUndated }: RoomLockJobsContract): void {
  let clock: TestClock;
  let locks: RoomLocks;
  let store: RecordingStore;
  let fixture: RoomLockJobsFixture;
  /** By room: the running egress, or 'no answer' when LiveKit does not answer for this room. */
  let running: Map<string, Pick<EgressObservation, 'status'> | 'no answer'>;

  beforeEach(async () => {
    clock = createTestClock();
    fixture = await create(clock);
    ({ locks, store } = fixture);
    running = new Map();
  });
  afterEach(() => fixture.dispose?.());

  const taken = async (roomId: string, uid: string): Promise<string> => {
    const attempt = await locks.acquire(roomId, uid, TTL_MS);
    if (!attempt.acquired) throw new Error(`${roomId} is held`);
    return attempt.value;
  };
  const holderOf = async (roomId: string): Promise<string | undefined> => (await locks.find(roomId))?.uid;
  const add = (...recordings: ReturnType<typeof buildRecording>[]) =>
    Promise.all(recordings.map((recording) => store.create(recording.uid, recording)));
  const livekit = {
    async listEgress({ roomName = '', active = false } = {}): Promise<EgressObservation[]> {
      if (!active) throw new Error('ended ones do not matter');
      const found = running.get(roomName);
      if (found === 'no answer') throw new LiveKitUnavailableError('it is away');
      return found === undefined ? [] : [{ ...found, roomName } as EgressObservation];
    },
  };

  describe(`the job that releases orphaned room locks: ${name}`, () => {
    const collect = (
      ports: { store?: Pick<RecordingStore, 'findLive'>; locks?: RoomLocks } = {},
      signal = new AbortController().signal,
    ) => collectOrphanedLocks({ locks, store, livekit, clock, log: silentLog, graceMs: GRACE_MS, ...ports }, signal);

    it('keeps the lock of a room with a live recording, whatever its age and holder, although no egress runs', async () => {
      await add(buildRecording('one', { roomId: 'room' }), buildRecording('two', { roomId: 'other' }));
      await taken('room', 'one');
      await taken('other', 'elder');
      clock.advance(10 * GRACE_MS);
      expect(await collect()).toEqual({ kept: 2 });
      expect([await holderOf('room'), await holderOf('other')]).toEqual(['one', 'elder']);
    });

    it('keeps the lock of a room whose recording is created while the job asks LiveKit', async () => {
      await taken('room', 'one');
      clock.advance(GRACE_MS);
      let asked = 0;
      const late = { findLive: async () => ((asked += 1) === 1 ? undefined : buildRecording('one', { roomId: 'room' })) };
      expect(await collect({ store: late })).toEqual({ kept: 1 });
      expect(await holderOf('room')).toBe('one');
    });

    it('skips a lock that was released after it was listed, without asking LiveKit', async () => {
      const value = await taken('room', 'one');
      clock.advance(GRACE_MS);
      running.set('room', 'no answer');
      const freeing = {
        async findLive() {
          await locks.release('room', value);
          return undefined;
        },
      };
      expect(await collect({ store: freeing })).toEqual({ skipped: 1 });
    });

    it('skips a lock that got another holder after it was listed', async () => {
      const value = await taken('room', 'one');
      clock.advance(GRACE_MS);
      const handing = {
        async findLive() {
          await locks.replace('room', { value, uid: 'one' }, 'two', TTL_MS);
          return undefined;
        },
      };
      expect(await collect({ store: handing })).toEqual({ skipped: 1 });
      expect(await holderOf('room')).toBe('two');
    });

    if (takeUndated !== undefined)
      it('releases a lock without a creation time at once', async () => {
        await takeUndated('room');
        running.set('room', 'no answer');
        expect(await collect()).toEqual({ released: 1 });
        expect(await locks.acquire('room', 'next', TTL_MS)).toMatchObject({ acquired: true });
      });

    it('keeps a lock that is younger than the grace period', async () => {
      await taken('room', 'one');
      expect(await collect()).toEqual({ kept: 1 });
      clock.advance(GRACE_MS - 1);
      expect(await collect()).toEqual({ kept: 1 });
      clock.advance(1);
      expect(await collect()).toEqual({ released: 1 });
    });

    it('keeps a lock whose creation time is in the future', async () => {
      await taken('room', 'one');
      clock.jump(-3_600_000);
      expect(await collect()).toEqual({ kept: 1 });
    });

    it.each(['STARTING', 'ACTIVE', 'ENDING'] as const)(
      'keeps a lock while LiveKit has an egress %s in the room',
      async (status) => {
        await taken('room', 'one');
        clock.advance(GRACE_MS);
        running.set('room', { status });
        expect(await collect()).toEqual({ kept: 1 });
        expect(await holderOf('room')).toBe('one');
      },
    );

    it('releases a lock without a live recording and a running egress, also that of a settled recording', async () => {
      await add(buildSettled('done', { roomId: 'settled' }));
      await taken('settled', 'done');
      await taken('never', 'nobody');
      clock.advance(GRACE_MS);
      running.set('elsewhere', { status: 'ACTIVE' });
      expect(await collect()).toEqual({ released: 2 });
      expect(await locks.list()).toEqual([]);
    });

    it('keeps a lock that gets another holder just before the release', async () => {
      const value = await taken('room', 'one');
      clock.advance(GRACE_MS);
      const handing: RoomLocks = {
        ...locks,
        async release(roomId, seen) {
          await locks.replace('room', { value, uid: 'one' }, 'two', TTL_MS);
          await locks.release(roomId, seen);
        },
      };
      await collect({ locks: handing });
      expect(await holderOf('room')).toBe('two');
    });

    it('keeps a lock when LiveKit does not answer for its room, and releases the other locks', async () => {
      const rooms = Array.from({ length: 23 }, (_, index) => `room-${String(index)}`);
      await Promise.all(rooms.map((roomId) => taken(roomId, 'nobody')));
      clock.advance(GRACE_MS);
      running.set('room-7', 'no answer');
      expect(await collect()).toEqual({ released: 22, failed: 1 });
      expect((await locks.list()).map(({ roomId }) => roomId)).toEqual(['room-7']);
      running.clear();
      expect(await collect()).toEqual({ released: 1 });
    });

    it('ends without an error when there is no lock, and when the locks cannot be listed', async () => {
      expect(await collect()).toEqual({});
      const away: RoomLocks = { ...locks, list: () => Promise.reject(new LocksUnavailableError('away')) };
      expect(await collect({ locks: away })).toEqual({});
    });

    it('begins no further batch of ten locks when its signal is aborted', async () => {
      await Promise.all(Array.from({ length: 25 }, (_, index) => taken(`room-${String(index)}`, 'nobody')));
      clock.advance(GRACE_MS);
      const stopping = new AbortController();
      const seen = {
        async findLive() {
          stopping.abort();
          return undefined;
        },
      };
      expect(await collect({ store: seen }, stopping.signal)).toEqual({ released: 10 });
    });
  });

  describe(`the job that keeps the room locks of live recordings: ${name}`, () => {
    const keep = (ports: { store?: RecordingStore; locks?: RoomLocks } = {}) =>
      keepRecordingLocks({ locks, store, clock, log: silentLog, lockTtlMs: TTL_MS, ...ports }, new AbortController().signal);
    const VALUE = 'a'.repeat(32);
    const live = (uid: string, roomId: string) => buildRecording(uid, { roomId, lockValue: VALUE, createdAt: clock.now() });

    it('extends the lock of a live recording with the lock value in the recording', async () => {
      const lockValue = await taken('room', 'one');
      await locks.extend('room', lockValue, 60_000);
      await add(buildRecording('one', { roomId: 'room', lockValue }));
      expect(await keep()).toEqual({ held: 1 });
      expect(await locks.find('room')).toMatchObject({ value: lockValue, uid: 'one' });
    });

    it('takes every lost lock again with the value in its recording, which then still releases the lock', async () => {
      const uids = Array.from({ length: 25 }, (_, index) => `u${String(index)}`);
      for (const uid of uids) {
        await add(buildRecording(uid, { lockValue: await taken(`room-of-${uid}`, uid) }));
      }
      await fixture.loseAll();
      expect(await locks.list()).toEqual([]);
      expect(await keep()).toEqual({ held: 25 });
      const held = await locks.list();
      expect(held.map(({ uid }) => uid).sort()).toEqual(uids.sort());
      for (const { roomId, uid, value } of held) {
        expect(value).toBe((await store.load(uid))?.lockValue);
        expect(await locks.extend(roomId, value, TTL_MS)).toBe(true);
        await locks.release(roomId, value);
      }
      expect(await locks.list()).toEqual([]);
    });

    it('takes no lock for a recording that has settled or freed its room', async () => {
      await add(
        buildSettled('done', { roomId: 'room', lockValue: VALUE }),
        buildRecording('uploading', { liveKey: 'uploading', lockValue: VALUE, tally: { state: { stopping: 'ending' } } }),
      );
      expect(await keep()).toEqual({});
      expect(await locks.list()).toEqual([]);
    });

    it('replaces the lock of a settled recording by the lock of the live recording in the same room', async () => {
      await taken('room', 'done');
      await add(buildSettled('done', { roomId: 'room' }), live('one', 'room'));
      expect(await keep()).toEqual({ replaced: 1 });
      expect(await locks.find('room')).toMatchObject({ value: VALUE, uid: 'one' });
    });

    it('keeps the lock of another start for 15 s, and then replaces it when no record was created', async () => {
      await add(live('one', 'room'));
      await taken('room', 'two');
      expect(await keep()).toEqual({ contended: 1 });
      expect(await holderOf('room')).toBe('two');
      clock.advance(START_MS);
      expect(await keep()).toEqual({ replaced: 1 });
      expect(await holderOf('room')).toBe('one');
    });

    if (takeUndated !== undefined)
      it('replaces a lock without a creation time', async () => {
        await add(live('one', 'room'));
        await takeUndated('room');
        expect(await keep()).toEqual({ replaced: 1 });
        expect(await holderOf('room')).toBe('one');
      });

    it('releases a lock that it took for a recording that settled meanwhile', async () => {
      const recording = live('one', 'room');
      await add(recording);
      const settling: RecordingStore = {
        ...store,
        async load(uid) {
          await store.save('one', nextOf(recording, { liveKey: 'one', tally: { state: 'complete' } }), 1);
          return store.load(uid);
        },
      };
      expect(await keep({ store: settling })).toEqual({ over: 1 });
      expect(await locks.list()).toEqual([]);
    });

    it('takes no lock for an adopted recording, which has no lock value', async () => {
      await add(buildRecording('one', { roomId: 'room' }));
      expect(await keep()).toEqual({ without_lock: 1 });
      expect(await locks.list()).toEqual([]);
    });

    it('fails when one lock cannot be held, after it holds all the other locks', async () => {
      await add(...['one', 'two', 'three'].map((uid) => live(uid, `room-of-${uid}`)));
      const failing: RoomLocks = {
        ...locks,
        async hold(wanted, ttlMs) {
          const others = await locks.hold(
            wanted.filter(({ roomId }) => roomId !== 'room-of-two'),
            ttlMs,
          );
          return new Map([...others, ['room-of-two', { failed: new LocksUnavailableError('away') }]]);
        },
      };
      await expect(keep({ locks: failing })).rejects.toThrow(LocksUnavailableError);
      expect((await locks.list()).map(({ uid }) => uid).sort()).toEqual(['one', 'three']);
      expect(await keep()).toEqual({ held: 3 });
    });

    it('holds all locks with one call, and reads no recording again when every lock was still held', async () => {
      await add(...Array.from({ length: 25 }, (_, index) => live(`u${String(index)}`, `room-${String(index)}`)));
      await keep();
      const asked: number[] = [];
      const counting: RoomLocks = {
        ...locks,
        hold(wanted, ttlMs) {
          asked.push(wanted.length);
          return locks.hold(wanted, ttlMs);
        },
      };
      const unread: RecordingStore = { ...store, load: () => Promise.reject(new Error('a recording is read again')) };
      expect(await keep({ locks: counting, store: unread })).toEqual({ held: 25 });
      expect(asked).toEqual([25]);
    });

    it('changes nothing when it runs a second time', async () => {
      await add(live('one', 'room'));
      await keep();
      const before = await locks.list();
      expect(await keep()).toEqual({ held: 1 });
      expect(await locks.list()).toEqual(before);
    });
  });
}
