import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Supervisor } from '../../src/machines/kernel/supervisor.js';
import { defineRecording } from '../../src/machines/recording/machine/definition.js';
import { createRecordingEffects } from '../../src/machines/recording/effects/effects.js';
import type { RecordingEvent } from '../../src/machines/recording/events.js';
import type { LiveKitGateway } from '../../src/machines/ports/livekit-gateway.js';
import type { RecordingStore } from '../../src/machines/recording/recording-store.js';
import { mediaKeyOf } from '../../src/machines/recording/media-key.js';
import type { RecordingContext } from '../../src/machines/recording/recording.js';
import { silentLog } from '../support/silent-log.js';
import { buildEgress, timing } from '../machines/recording/build.js';
import { createMemoryMedia, type MemoryMedia } from '../support/memory/memory-media.js';
import { createMemoryRoomLocks } from '../support/memory/memory-room-locks.js';
import { createGate, type Gate } from '../support/gate.js';
import { supervise } from '../support/apps/supervise.js';
import { createTestClock, type TestClock } from '../support/test-clock.js';
import type { Disposable } from './actor-store.js';
import { buildSettled } from './documents.js';

export interface TombstoneContract {
  name: string;
  /** Creates an empty store. */
  create: () => Promise<Disposable & { store: RecordingStore }>;
}

const DAY_MS = 24 * 3_600_000;
const UID = 'a1b2c3d4e5';
/** A recording whose egress is COMPLETE, so that no further file arrives. */
const recording = buildSettled(UID, {
  observation: { status: 'COMPLETE', updatedAt: '1' },
  duration: 12,
  size: 868,
  tally: { history: [] },
});

/** Tests the document that remains of a deleted recording until the store removes it. */
export function tombstoneContract({ name, create }: TombstoneContract): void {
  describe(`tombstones: ${name}`, () => {
    let store: RecordingStore;
    let dispose: (() => Promise<void>) | undefined;
    let clock: TestClock;
    let gate: Gate;
    let media: MemoryMedia;
    let warned: object[];
    let supervisor: Supervisor<RecordingContext, RecordingEvent>;

    beforeEach(async () => {
      ({ store, dispose } = await create());
      clock = createTestClock();
      gate = createGate();
      media = createMemoryMedia({ gate, clock });
      media.write(recording.mediaKey, Buffer.from('a film'));
      warned = [];
      await store.create(UID, recording);
      const handlers = createRecordingEffects({
        livekit: {} as LiveKitGateway,
        locks: createMemoryRoomLocks(),
        media,
        files: { undelivered: () => undefined, settled: () => undefined },
        notifications: { append: async () => undefined },
        clock,
        instance: 'one',
        lockTtlMs: 1,
        confirmMs: 1,
      });
      supervisor = supervise({
        definition: defineRecording(timing, { notices: false }),
        handlers,
        store,
        clock,
        log: { ...silentLog, warn: (fields) => warned.push(fields) },
      });
    });
    afterEach(async () => {
      await supervisor.stop(0);
      await dispose?.();
    });

    const remove = () => supervisor.send(UID, { type: 'delete', at: clock.now(), source: 'rest' });
    /** Advances the clock, then sweeps and waits until all effects have ended. */
    const after = async (ms: number): Promise<void> => {
      clock.advance(ms);
      await supervisor.sweep();
      await supervisor.idle();
    };

    it('keep only the identity of a deleted recording once its file is removed, and are removed after 48 hours', async () => {
      const deletedAt = clock.now();
      await remove();
      await after(1_000);
      expect(media.keys()).toEqual([]);
      const { tally, ...left } = (await store.load(UID)) ?? {};
      expect(left).toEqual({ schemaVersion: 1, uid: UID, roomId: recording.roomId, liveKey: UID, startKey: UID, deletedAt });
      expect(tally).toMatchObject({ state: 'deleted', effects: [], dueAt: deletedAt + 2 * DAY_MS });

      await after(2 * DAY_MS - 1_001);
      expect(await store.load(UID)).toBeDefined();
      await after(1);
      expect(await store.load(UID)).toBeUndefined();
    });

    it('remove a file that a late egress delivers, and gain no further field', async () => {
      await remove();
      await after(1_000);
      const { tally: _before, ...left } = (await store.load(UID)) ?? {};
      const mediaKey = mediaKeyOf(recording);
      media.write(mediaKey, Buffer.from('a late film'));
      const egress = buildEgress('COMPLETE', { roomName: recording.roomId, requestedPath: mediaKey });
      await supervisor.send(UID, { type: 'egress.observed', egress, at: clock.now(), source: 'webhook' });
      expect((await store.load(UID))?.tally.effects).toMatchObject([{ name: 'removeMedia', params: { mediaKey } }]);
      await after(1_000);
      expect(media.keys()).toEqual([]);
      const { tally, ...still } = (await store.load(UID)) ?? {};
      expect(still).toEqual(left);
      expect(tally).toMatchObject({ state: 'deleted', effects: [] });
    });

    it('stay beyond 48 hours, with the pending effect removeMedia, while the file cannot be removed', async () => {
      const deletedAt = clock.now();
      await remove();
      for (let attempts = 1; attempts <= 20; attempts += 1) {
        gate.failNext('media.remove', 'fail_before');
        await after(attempts < 20 ? 30_000 : 2 * DAY_MS);
        expect((await store.load(UID))?.tally.effects).toMatchObject([{ name: 'removeMedia', attempts }]);
      }
      expect(warned).toHaveLength(20);
      expect(warned.at(-1)).toMatchObject({ recording: UID, effect: 'removeMedia', attempt: 20, retryInMs: 30_000 });
      expect(media.keys()).toEqual([recording.mediaKey]);

      await after(30_000);
      expect(media.keys()).toEqual([]);
      expect((await store.load(UID))?.tally).toMatchObject({ effects: [], dueAt: deletedAt + 2 * DAY_MS });
      await after(0);
      expect(await store.load(UID)).toBeUndefined();
    });
  });
}
