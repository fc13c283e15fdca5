import { describe, expect, it } from 'vitest';

import type { Supervisor } from '../../../src/machines/kernel/supervisor.js';
import type { RecordingEvent } from '../../../src/machines/recording/events.js';
import type { LiveKitGateway } from '../../../src/machines/ports/livekit-gateway.js';
import type { MediaStore } from '../../../src/machines/ports/media.js';
import type { RecordingStore } from '../../../src/machines/recording/recording-store.js';
import type { RecordingContext } from '../../../src/machines/recording/recording.js';
import { createStrayKeeper } from '../../../src/machines/reconcile/strays.js';
import type { RoomStore } from '../../../src/machines/room/room-store.js';
import { createMemoryRecordingStore } from '../../support/memory-recording-store.js';
import { silentLog } from '../../support/silent-log.js';
import { supervise } from '../../support/supervise.js';
import { createTestClock } from '../../support/test-clock.js';
import { buildEgress, definition, NOON, UID } from '../recording/build.js';

/** See a running egress of ours without a record twice. @returns the egresses that were stopped */
async function stopsOf(supervisor: Partial<Supervisor<RecordingContext, RecordingEvent>>): Promise<string[]> {
  const clock = createTestClock();
  const stops: string[] = [];
  const egress = buildEgress('ACTIVE');
  const livekit: Partial<LiveKitGateway> = {
    async stopEgress(egressId) {
      stops.push(egressId);
      return { kind: 'not_found' };
    },
  };
  const strays = createStrayKeeper({
    supervisor: supervisor as Supervisor<RecordingContext, RecordingEvent>,
    store: { load: async () => undefined } as Partial<RecordingStore> as RecordingStore,
    rooms: { load: async () => ({ roomName: 'Planning' }) } as unknown as RoomStore,
    livekit: livekit as LiveKitGateway,
    media: { egressPath: () => egress.requestedPath } as Partial<MediaStore> as MediaStore,
    nameId: 'openviduMeet',
    clock,
    log: silentLog,
    recheckMs: 2_000,
  });
  await strays.see([], { active: [egress], rooms: [] });
  clock.advance(2_000);
  await strays.see([], { active: [egress], rooms: [] });
  return stops;
}

/** As `stopsOf`, while another record holds the room or the uid that the new record needs. */
function stopsWhenHeldBy(holder: string): Promise<string[]> {
  return stopsOf({ create: async () => ({ created: false, conflict: 'uid', holder, document: {} as never }) });
}

describe('a running egress of ours whose record was lost', () => {
  it('is not stopped when another instance was first to adopt it', async () => {
    expect(await stopsWhenHeldBy(UID)).toEqual([]);
  });

  it('gets a record whose history names the reconciler as its source', async () => {
    const store = createMemoryRecordingStore();
    const handlers = Object.fromEntries(Object.keys(definition.effects).map((name) => [name, async () => undefined]));
    const supervisor = supervise({ definition, handlers, store, clock: createTestClock(NOON) });
    expect(await stopsOf(supervisor)).toEqual([]);
    const adopted = await store.load(UID);
    expect(adopted?.tally.history).toMatchObject([
      { event: 'create', source: 'reconcile' },
      { event: 'egress.observed', source: 'reconcile' },
    ]);
  });

  it('is stopped when another recording holds its room', async () => {
    expect(await stopsWhenHeldBy('ffffffffff')).toEqual(['EG_1']);
  });
});
