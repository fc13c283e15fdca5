import { describe, expect, it } from 'vitest';

import { createRecordingCommands } from '../../../src/machines/recording/commands/commands.js';
import { heldForMs } from '../../../src/machines/recording/commands/room-lock.js';
import type { RecordingDocument } from '../../../src/machines/recording/recording.js';
import type { LiveKitGateway } from '../../../src/machines/ports/livekit-gateway.js';
import { supervise } from '../../support/apps/supervise.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createMemoryRoomLocks } from '../../support/memory/memory-room-locks.js';
import { silentLog } from '../../support/silent-log.js';
import { createTestClock } from '../../support/test-clock.js';
import { ACCEPTED, buildDocument, definition, NOON, ROOM, timing, UID } from './build.js';

const deadline = { at: NOON + 40_000, generation: 2 };
const room = { roomId: ROOM, roomName: 'Planning', isRecordingEnabled: true };

describe('the time for which a recording keeps its room although it may never record', () => {
  it.each<[string, RecordingDocument, number | undefined]>([
    ['ends 35 s after the call that LiveKit has not answered', buildDocument({ starting: 'requesting' }), 25_000],
    ['does so while that start is undone, too', buildDocument({ starting: 'cancelling' }, { deadline }), 25_000],
    ['counts from the creation of a recording without a claim', buildDocument({ starting: 'awaiting' }, unclaimed()), 25_000],
    ['ends when a known egress must have stopped', buildDocument({ starting: 'cancelling' }, { ...ACCEPTED, deadline }), 30_000],
    [
      'does not count while LiveKit starts the egress',
      buildDocument({ starting: 'awaiting' }, { ...ACCEPTED, deadline }),
      undefined,
    ],
    ['does not count while the egress records', buildDocument('active', ACCEPTED), undefined],
    ['does not count while the egress is to end', buildDocument({ stopping: 'ending' }, { ...ACCEPTED, deadline }), undefined],
  ])('%s', (_what, document, ms) => {
    expect(heldForMs(document, NOON + 10_000)).toBe(ms);
  });

  it('does not count in the first 5 s of a start, unless that start is undone', () => {
    expect(heldForMs(buildDocument({ starting: 'requesting' }), NOON + 4_999)).toBeUndefined();
    expect(heldForMs(buildDocument({ starting: 'requesting' }), NOON + 5_000)).toBe(30_000);
    expect(heldForMs(buildDocument({ starting: 'cancelling' }, { deadline }), NOON + 4_999)).toBe(30_001);
  });
});

describe('a start in a room that a killed start holds', () => {
  /** @returns the error of a start after the killed one, which left the lock, the recording, or both */
  async function refusal(left: { lock: boolean; recording: boolean }, afterMs = 5_000): Promise<unknown> {
    const clock = createTestClock(NOON);
    const [store, locks] = [createMemoryRecordingStore(), createMemoryRoomLocks({ clock })];
    const livekit: Partial<LiveKitGateway> = { listParticipants: () => Promise.resolve([{ identity: 'ada', isSomebody: true }]) };
    const commands = createRecordingCommands({
      ...{ supervisor: supervise({ definition, handlers: {}, store, clock }), store, locks, clock, log: silentLog },
      ...{ instance: 'two', startTimeoutMs: timing.startTimeoutMs, confirmMs: timing.confirmMs },
      leaving: new AbortController().signal,
      rooms: { find: () => Promise.resolve(room) },
      livekit: livekit as LiveKitGateway,
    });
    if (left.lock) await locks.acquire(ROOM, UID, 3_600_000);
    if (left.recording) await store.create(UID, buildDocument({ starting: 'requesting' }));
    clock.advance(afterMs);
    return commands.start({ room }).catch((error: unknown) => error);
  }

  it.each([
    ['its lock without a recording: 15 s', { lock: true, recording: false }, 10_000],
    ['its recording: 35 s', { lock: true, recording: true }, 30_000],
    ['its recording, whose lock is lost: 35 s', { lock: false, recording: true }, 30_000],
  ])('learns how long the room is held by %s', async (_what, left, ms) => {
    expect(await refusal(left)).toMatchObject({ code: 'recording.already_active', details: { roomId: ROOM, heldForMs: ms } });
  });

  it.each([
    ['lock without a recording', { lock: true, recording: false }],
    ['recording', { lock: true, recording: true }],
    ['recording without a lock', { lock: false, recording: true }],
  ])('learns no time from a %s that may belong to a normal start', async (_what, left) => {
    expect(await refusal(left, 4_999)).toMatchObject({ code: 'recording.already_active', details: { roomId: ROOM } });
    expect(await refusal(left, 4_999)).not.toHaveProperty('details.heldForMs');
  });
});

function unclaimed() {
  return { calledAt: undefined, calledBy: undefined } as object;
}
