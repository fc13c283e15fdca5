import { expect, it } from 'vitest';

import { mediaKeyOf } from '../../../src/machines/recording/media-key.js';
import { createLiveKitIntake } from '../../../src/machines/reconcile/intake.js';
import { createMemoryMedia } from '../../support/memory-media.js';
import { createMemoryRecordingStore } from '../../support/memory-recording-store.js';
import { silentLog } from '../../support/silent-log.js';
import { createTestClock } from '../../support/test-clock.js';
import { buildDocument, buildEgress, ROOM, UID } from '../recording/build.js';

it('the webhook of a late end removes the file of a deleted recording, and no file of the same uid in another room', async () => {
  const media = createMemoryMedia();
  const tombstone = buildDocument('deleted', { roomId: ROOM });
  const sent = { before: tombstone, after: tombstone, changed: false };
  const handle = createLiveKitIntake({
    recordings: { send: () => Promise.resolve(sent) },
    rooms: { send: () => Promise.resolve(undefined) },
    store: createMemoryRecordingStore(),
    media,
    clock: createTestClock(),
    log: silentLog,
  });
  for (const roomName of [ROOM, 'another']) {
    media.write(mediaKeyOf({ roomId: roomName, uid: UID }), Uint8Array.of(1));
    const egress = buildEgress('COMPLETE', { roomName, requestedPath: mediaKeyOf({ roomId: roomName, uid: UID }) });
    await handle({ kind: 'egress', name: 'egress_ended', egress });
  }
  expect(media.keys()).toEqual([mediaKeyOf({ roomId: 'another', uid: UID })]);
});
