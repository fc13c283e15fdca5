import { describe, expect, it } from 'vitest';

import type { Supervisor } from '../../../src/machines/kernel/supervisor.js';
import type { RecordingEvent } from '../../../src/machines/recording/events.js';
import type { LiveKitGateway } from '../../../src/machines/ports/livekit-gateway.js';
import { createRecordingKeeper } from '../../../src/machines/reconcile/recordings.js';
import { createReconciler } from '../../../src/machines/reconcile/reconciler.js';
import type { RecordingContext } from '../../../src/machines/recording/recording.js';
import type { StrayKeeper } from '../../../src/machines/reconcile/strays.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createTestClock } from '../../support/test-clock.js';
import { silentLog } from '../../support/silent-log.js';
import { noMeetings } from '../room/support.js';
import { ACCEPTED, buildDocument, ROOM, UID } from '../recording/build.js';

const GONE_MS = 20_000;

/** The events that two passes send to a recording of room `RM_1`, whose egress LiveKit has forgotten, while `sid` has its name. */
async function sentInRoom(sid: string): Promise<string[]> {
  const clock = createTestClock();
  const sent: string[] = [];
  const livekit: Partial<LiveKitGateway> = {
    findEgress: async () => undefined,
    listEgress: async () => [],
    listRooms: async () => [{ name: ROOM, sid, metadata: '', participants: 1, activeRecording: false }],
    listParticipants: async () => [{ identity: 'ada', isSomebody: true }],
  };
  const supervisor: Partial<Supervisor<RecordingContext, RecordingEvent>> = {
    async send(_key, event) {
      sent.push(event.type);
      return undefined;
    },
  };
  const strays: Partial<StrayKeeper> = { see: async () => 0 };
  const gateway = livekit as LiveKitGateway;
  const store = createMemoryRecordingStore({ documents: new Map([[UID, buildDocument('active', ACCEPTED)]]) });
  const reconciler = createReconciler({
    store,
    livekit: gateway,
    recordings: createRecordingKeeper({
      supervisor: supervisor as Supervisor<RecordingContext, RecordingEvent>,
      store,
      livekit: gateway,
      clock,
      log: silentLog,
      goneMs: GONE_MS,
    }),
    strays: strays as StrayKeeper,
    meetings: noMeetings,
    clock,
    log: silentLog,
    intervalMs: 10_000,
    recheckMs: 2_000,
  });
  await reconciler.pass();
  clock.advance(GONE_MS);
  await reconciler.pass();
  return sent;
}

describe('a recording whose egress LiveKit has forgotten', () => {
  it('is reported as missing when the room of its name has another sid', async () => {
    expect(await sentInRoom('RM_2')).toEqual(['egress.missing']);
  });

  it('receives no event while LiveKit lists its own room', async () => {
    expect(await sentInRoom('RM_1')).toEqual([]);
  });
});
