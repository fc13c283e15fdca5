import { describe, expect, it } from 'vitest';

import type { Supervisor } from '../../../src/machines/kernel/supervisor.js';
import type { RecordingEvent } from '../../../src/machines/recording/events.js';
import type { LiveKitGateway } from '../../../src/machines/ports/livekit-gateway.js';
import type { MediaStore } from '../../../src/machines/ports/media.js';
import type { RecordingStore } from '../../../src/machines/recording/recording-store.js';
import type { RecordingContext } from '../../../src/machines/recording/recording.js';
import { createStrayKeeper } from '../../../src/machines/reconcile/strays.js';
import type { RoomStore } from '../../../src/machines/room/room-store.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { silentLog } from '../../support/silent-log.js';
import { supervise } from '../../support/apps/supervise.js';
import { createTestClock } from '../../support/test-clock.js';
import { buildEgress, definition, NOON, UID } from '../recording/build.js';

/** Shows the stray keeper twice an egress that our instance started but that has no record. @returns the egresses it stopped */
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

/** Like `stopsOf`, but the new record conflicts with the record `holder`. */
function stopsWhenHeldBy(holder: string): Promise<string[]> {
  return stopsOf({ create: async () => ({ created: false, conflict: 'uid', holder, document: {} as never }) });
}

describe('a running egress that Tally started and whose record was lost', () => {
  it('is not stopped when another instance has already adopted it', async () => {
    expect(await stopsWhenHeldBy(UID)).toEqual([]);
  });

  it('is adopted: it gets a record whose history names the reconciler as its source', async () => {
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

  it('is stopped when its room already has another live recording', async () => {
    expect(await stopsWhenHeldBy('ffffffffff')).toEqual(['EG_1']);
  });
});
