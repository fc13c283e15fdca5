import { describe, expect, it } from 'vitest';

import { RecordingsNotDeletedError } from '../../../src/machines/recording/errors.js';
import { createRoomCommands } from '../../../src/machines/room/commands/commands.js';
import { RoomNotFoundError } from '../../../src/machines/ports/rooms.js';
import { buildRoom, buildSettled } from '../../contracts/documents.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createMemoryRoomStore } from '../../support/memory/memory-room-store.js';
import { silentLog } from '../../support/silent-log.js';
import { createTestClock } from '../../support/test-clock.js';
import { createRoomSupervisor } from './support.js';

const ROOM = 'room-1';

/** A deleted room with one recording. The test decides when and how the deletion of the recording ends. */
async function withRecordings() {
  const clock = createTestClock();
  const store = createMemoryRoomStore();
  const recordings = createMemoryRecordingStore();
  const calls: { done: () => void; fail: () => void }[] = [];
  const supervisor = createRoomSupervisor(clock, store, {
    recorder: {
      deleteAll: (roomId) =>
        new Promise<void>((done, fail) => {
          calls.push({
            done,
            fail: () => {
              fail(new RecordingsNotDeletedError(roomId, ['one']));
            },
          });
        }),
    },
  });
  const commands = createRoomCommands({ supervisor, store, recorder: recordings, clock, log: silentLog });
  await store.create(ROOM, buildRoom(ROOM));
  await recordings.create('one', buildSettled('one', { roomId: ROOM }));
  await supervisor.start();
  let answer: string | undefined;
  void commands.delete(ROOM, { withMeeting: 'fail', withRecordings: 'force' }).then(({ deletion }) => (answer = deletion));
  await clock.run(0);
  return { clock, store, commands, calls, answer: () => answer };
}

describe('a room that is deleted with its recordings', () => {
  it('is gone at once, and the client gets its answer when the recordings are deleted', async () => {
    const { clock, store, commands, calls, answer } = await withRecordings();
    await expect(commands.get(ROOM)).rejects.toBeInstanceOf(RoomNotFoundError);
    await clock.run(1_000);
    expect(answer()).toBeUndefined();
    calls[0]?.done();
    await clock.run(60);
    expect(answer()).toBe('room_and_recordings_deleted');
    await clock.run(1_500);
    expect(await store.load(ROOM)).toBeUndefined();
  });

  it('keeps its record until its recordings are deleted, and the client gets its answer after 5 s at most', async () => {
    const { clock, store, calls, answer } = await withRecordings();
    for (let failed = 0; failed < 10; failed += 1) {
      calls.shift()?.fail();
      expect(answer()).toBe(failed < 2 ? undefined : 'room_and_recordings_deleted');
      await clock.run(3_000);
    }
    expect((await store.load(ROOM))?.tally).toMatchObject({
      state: 'deleted',
      effects: [{ name: 'deleteRecordings', attempts: 10 }],
    });
    calls.shift()?.done();
    await clock.run(2_000);
    expect(await store.load(ROOM)).toBeUndefined();
  });
});
