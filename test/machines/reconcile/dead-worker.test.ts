import { describe, expect, it } from 'vitest';

import { createRecordingEffects } from '../../../src/machines/recording/effects/effects.js';
import type { EgressObservation } from '../../../src/machines/ports/egress-gateway.js';
import type { RecordingEvent } from '../../../src/machines/recording/events.js';
import type { LiveKitGateway } from '../../../src/machines/ports/livekit-gateway.js';
import { createRecordingKeeper } from '../../../src/machines/reconcile/recordings.js';
import { createReconciler } from '../../../src/machines/reconcile/reconciler.js';
import type { StrayKeeper } from '../../../src/machines/reconcile/strays.js';
import { createMemoryMedia } from '../../support/memory/memory-media.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createMemoryRoomLocks } from '../../support/memory/memory-room-locks.js';
import { supervise } from '../../support/apps/supervise.js';
import { createTestClock } from '../../support/test-clock.js';
import { silentLog } from '../../support/silent-log.js';
import { noMeetings } from '../room/support.js';
import { ACCEPTED, buildDocument, buildEgress, buildEvent, definition, NOON, ROOM, UID } from '../recording/build.js';

/** One instance, and a LiveKit whose egress worker died: LiveKit lists the egress as ACTIVE for ever and answers no stop. */
function withDeadWorker() {
  const clock = createTestClock(NOON);
  const active: EgressObservation = buildEgress('ACTIVE');
  const document = buildDocument('active', {
    ...ACCEPTED,
    wasActive: true,
    observation: { status: 'ACTIVE', updatedAt: active.updatedAt },
  });
  const store = createMemoryRecordingStore({ documents: new Map([[UID, document]]) });
  const stops: number[] = [];
  const livekit: Partial<LiveKitGateway> = {
    async stopEgress() {
      stops.push(clock.now());
      await new Promise<void>((resolve) => clock.after(3_000, resolve));
      return { kind: 'no_answer' };
    },
    findEgress: async () => active,
    listEgress: async () => [active],
    listRooms: async () => [{ name: ROOM, sid: 'RM_1', metadata: '', participants: 1, activeRecording: false }],
    listParticipants: async () => [],
  };
  const supervisor = supervise({
    definition,
    handlers: createRecordingEffects({
      livekit: livekit as LiveKitGateway,
      locks: createMemoryRoomLocks({ clock }),
      media: createMemoryMedia({ clock }),
      files: { undelivered: () => undefined, settled: () => undefined },
      notifications: { append: async () => undefined },
      clock,
      instance: 'one',
      lockTtlMs: 1_000,
      confirmMs: 3_000,
    }),
    store,
    clock,
    exclusive: false,
    random: () => 0.5,
  });
  const strays: StrayKeeper = { see: async () => 0, recheck: async () => undefined };
  const gateway = livekit as LiveKitGateway;
  const reconciler = createReconciler({
    store,
    livekit: gateway,
    recordings: createRecordingKeeper({ supervisor, store, livekit: gateway, clock, log: silentLog, goneMs: 20_000 }),
    strays,
    meetings: noMeetings,
    clock,
    log: silentLog,
    intervalMs: 10_000,
    recheckMs: 2_000,
  });
  return { clock, supervisor, reconciler, stops };
}

describe('a recording whose egress worker died', () => {
  it.each<[string, RecordingEvent | undefined]>([
    ['fails within a minute and frees its room', undefined],
    ['fails within a minute when a client has asked to stop it', buildEvent({ type: 'stop', reason: 'request' })],
  ])('%s', async (_name, wish) => {
    const { clock, supervisor, reconciler, stops } = withDeadWorker();
    if (wish !== undefined) await supervisor.send(UID, wish);
    reconciler.start();
    await clock.run(60_000);
    const after = await supervisor.load(UID);
    expect(after?.tally.state).toEqual({ failed: 'rescuable' });
    expect(after?.liveKey).toBe(UID);
    expect(stops.length).toBeGreaterThan(0);
    const stopped = reconciler.stop();
    await clock.run(0);
    await stopped;
  });
});
