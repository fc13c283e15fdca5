import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { StoreUnavailableError } from '../../src/errors.js';
import { deleteExpiredRooms } from '../../src/jobs/expired-rooms.job.js';
import type { Supervisor } from '../../src/machines/kernel/supervisor.js';
import type { RecordingStore } from '../../src/machines/recording/recording-store.js';
import { createRoomCommands, type RoomCommands } from '../../src/machines/room/commands/commands.js';
import type { RoomStore } from '../../src/machines/room/room-store.js';
import { type RoomContext, roomStatusOf } from '../../src/machines/room/room.js';
import type { RoomEvent } from '../../src/machines/room/events.js';
import { openLmdb } from '../support/stores/open-stores.js';
import { buildRoom, buildSettled, type DocumentChanges } from '../contracts/documents.js';
import { createRoomSupervisor } from '../machines/room/support.js';
import { createDataFolder } from '../support/stores/data-folder.js';
import { createMemoryRecordingStore } from '../support/memory/memory-recording-store.js';
import { createMemoryRoomStore } from '../support/memory/memory-room-store.js';
import { silentLog } from '../support/silent-log.js';
import { createTestClock, type TestClock } from '../support/test-clock.js';

interface Stores {
  rooms: RoomStore;
  recordings: RecordingStore;
  dispose?: () => Promise<void>;
}

const STORES: Record<string, () => Promise<Stores>> = {
  memory: async () => ({ rooms: createMemoryRoomStore(), recordings: createMemoryRecordingStore() }),
  async LMDB() {
    const folder = await createDataFolder();
    const { rooms, recordings, close } = await openLmdb({ dataDir: folder.path });
    return {
      rooms,
      recordings,
      async dispose() {
        await close();
        await folder.remove();
      },
    };
  },
};

describe.each(Object.entries(STORES))('the job that deletes expired rooms, on %s', (_name, open) => {
  let clock: TestClock;
  let rooms: RoomStore;
  let recordings: RecordingStore;
  let dispose: (() => Promise<void>) | undefined;
  let supervisor: Supervisor<RoomContext, RoomEvent>;
  let commands: RoomCommands;
  /** The calls that the effects of the rooms made, in words. */
  let done: string[];

  beforeEach(async () => {
    clock = createTestClock();
    ({ rooms, recordings, dispose } = await open());
    done = [];
    supervisor = createRoomSupervisor(clock, rooms, {
      livekit: { deleteRoom: async (roomId) => void done.push(`meeting of ${roomId} ended`) },
      recorder: { deleteAll: async (roomId) => void done.push(`recordings of ${roomId} deleted`) },
    });
    commands = createRoomCommands({ supervisor, store: rooms, recorder: recordings, clock, log: silentLog });
  });
  afterEach(async () => {
    await supervisor.stop(0);
    await dispose?.();
  });

  const add = async (roomId: string, changes: DocumentChanges<RoomContext> = {}) => {
    await rooms.create(roomId, buildRoom(roomId, { autoDeletionDate: clock.now() - 1, ...changes }));
  };
  const run = (ports: { rooms?: Pick<RoomCommands, 'delete'> } = {}, signal = new AbortController().signal) =>
    deleteExpiredRooms({ rooms: commands, roomStore: rooms, clock, log: silentLog, ...ports }, signal);
  /** Advances the clock only as fast as the disk answers, so that no lease expires while an ended effect waits for a save. */
  async function whileTimePasses<Result>(work: Promise<Result>): Promise<Result> {
    let isOver = false;
    void work.finally(() => (isOver = true));
    while (!isOver) {
      await pause(1);
      await clock.run(1);
    }
    return work;
  }
  const statusIn = async (roomId: string) => {
    const room = await rooms.load(roomId);
    return room === undefined ? undefined : roomStatusOf(room);
  };
  const meeting = { tally: { state: 'active_meeting' } };

  it('deletes rooms past their deletion date, and no room with a later date or without a date', async () => {
    await add('past');
    await add('now', { autoDeletionDate: clock.now() });
    await rooms.create('undated', buildRoom('undated'));
    expect(await run()).toEqual({ room_deleted: 1 });
    expect([await statusIn('past'), await statusIn('now'), await statusIn('undated')]).toEqual([undefined, 'open', 'open']);
    clock.advance(1);
    expect(await run()).toEqual({ room_deleted: 1 });
  });

  it('deletes each room under its own policy', async () => {
    await add('forced', { autoDeletionPolicy: { withMeeting: 'force', withRecordings: 'fail' }, ...meeting });
    await add('patient', { autoDeletionPolicy: { withMeeting: 'when_meeting_ends', withRecordings: 'fail' }, ...meeting });
    await add('kept', { autoDeletionPolicy: { withMeeting: 'fail', withRecordings: 'close' } });
    await add('cleared', { autoDeletionPolicy: { withMeeting: 'fail', withRecordings: 'force' } });
    for (const roomId of ['kept', 'cleared']) await recordings.create(`r-${roomId}`, buildSettled(`r-${roomId}`, { roomId }));
    expect(await whileTimePasses(run())).toEqual({
      room_with_active_meeting_deleted: 1,
      room_with_active_meeting_scheduled_to_be_deleted: 1,
      room_closed: 1,
      room_and_recordings_deleted: 1,
    });
    await whileTimePasses(supervisor.idle());
    expect(done.sort()).toEqual(['meeting of forced ended', 'recordings of cleared deleted', 'recordings of forced deleted']);
    expect([await statusIn('forced'), await statusIn('patient'), await statusIn('kept')]).toEqual([
      undefined,
      'active_meeting',
      'closed',
    ]);
    expect((await rooms.load('patient'))?.meetingEndAction).toBe('delete');
  });

  it('refuses to delete a room without a policy that has a meeting or recordings, and tries it again at the next run', async () => {
    await add('meeting', meeting);
    await add('recorded');
    await recordings.create('one', buildSettled('one', { roomId: 'recorded' }));
    expect(await run()).toEqual({ refused: 2 });
    expect([await statusIn('meeting'), await statusIn('recorded')]).toEqual(['active_meeting', 'open']);
    await recordings.remove('one', 1);
    await supervisor.send('meeting', { type: 'meeting.finished', roomSid: '', at: clock.now(), source: 'test' });
    expect(await run()).toEqual({ room_deleted: 2 });
  });

  it('reaches every expired room although it refuses to delete the rooms of the first pages', async () => {
    for (let index = 0; index < 130; index += 1) await add(`kept-${String(index)}`, meeting);
    await add('zz-last');
    expect(await run()).toEqual({ refused: 130, room_deleted: 1 });
  });

  it('goes on with the other rooms when the deletion of one fails and another was deleted meanwhile', async () => {
    for (const roomId of ['a', 'b', 'c']) await add(roomId);
    const failing: Pick<RoomCommands, 'delete'> = {
      async delete(roomId, policy) {
        if (roomId === 'a') throw new StoreUnavailableError('away');
        if (roomId === 'b') await commands.delete(roomId, policy);
        return commands.delete(roomId, policy);
      },
    };
    expect(await run({ rooms: failing })).toEqual({ failed: 1, gone: 1, room_deleted: 1 });
    expect(await run()).toEqual({ room_deleted: 1 });
  });

  it('starts no further batch of ten once its signal is aborted', async () => {
    for (let index = 0; index < 25; index += 1) await add(`room-${String(index)}`);
    const ending = new AbortController();
    const seen: Pick<RoomCommands, 'delete'> = {
      delete(roomId, policy) {
        ending.abort();
        return commands.delete(roomId, policy);
      },
    };
    expect(await run({ rooms: seen }, ending.signal)).toEqual({ room_deleted: 10 });
  });
});
