import { expect, it } from 'vitest';

import { createLiveKitIntake } from '../../../src/machines/reconcile/intake.js';
import { mediaKeyOf } from '../../../src/machines/recording/media-key.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { silentLog } from '../../support/silent-log.js';
import { supervise } from '../../support/apps/supervise.js';
import { createTestClock } from '../../support/test-clock.js';
import { buildEgress, buildTombstone, definition, NOON, ROOM, UID } from '../recording/build.js';

it('a late egress_ended webhook makes a deleted recording remove its file, unless the egress belongs to another room', async () => {
  const store = createMemoryRecordingStore({ documents: new Map([[UID, buildTombstone()]]) });
  const clock = createTestClock(NOON);
  const handle = createLiveKitIntake({
    recordings: supervise({ definition, handlers: {}, store, clock }),
    rooms: { send: () => Promise.resolve(undefined) },
    store,
    clock,
    log: silentLog,
  });
  const owed: unknown[] = [];
  for (const roomName of ['another', ROOM]) {
    const mediaKey = mediaKeyOf({ roomId: roomName, uid: UID });
    const egress = buildEgress('COMPLETE', { roomName, requestedPath: mediaKey });
    await handle({ kind: 'egress', name: 'egress_ended', egress });
    owed.push((await store.load(UID))?.tally.effects.map(({ name, params }) => ({ name, params })));
  }
  expect(owed).toEqual([[], [{ name: 'removeMedia', params: { mediaKey: mediaKeyOf({ roomId: ROOM, uid: UID }) } }]]);
});
