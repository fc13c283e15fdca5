import { describe, expect, it } from 'vitest';

import { LiveKitUnavailableError } from '../../../src/errors.js';
import { createRoomCommands } from '../../../src/machines/room/commands/commands.js';
import { RoomNotFoundError } from '../../../src/machines/ports/rooms.js';
import { buildRoom, buildSettled } from '../../contracts/documents.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createMemoryRoomStore } from '../../support/memory/memory-room-store.js';
import { silentLog } from '../../support/silent-log.js';
import { createTestClock } from '../../support/test-clock.js';
import { createRoomSupervisor } from './support.js';

/** Rooms on a LiveKit that sends no webhooks. */
function withSilentLiveKit() {
  const clock = createTestClock();
  const store = createMemoryRoomStore();
  const recordings = createMemoryRecordingStore();
  const ended: string[] = [];
  const livekit = { isAway: false, refused: 0 };
  const supervisor = createRoomSupervisor(clock, store, {
    livekit: {
      async deleteRoom(roomId) {
        if (livekit.isAway) {
          livekit.refused += 1;
          throw new LiveKitUnavailableError('refused');
        }
        ended.push(roomId);
      },
    },
  });
  const commands = createRoomCommands({ supervisor, store, recorder: recordings, clock, log: silentLog });
  return { clock, store, recordings, supervisor, commands, ended, livekit };
}

const config = { chat: { enabled: true }, recording: { enabled: true }, virtualBackground: { enabled: true } };

describe('a room that is deleted during its meeting', () => {
  it('is gone once Tally has ended its meeting, although LiveKit sends no webhook', async () => {
    const { clock, supervisor, commands, ended } = withSilentLiveKit();
    const { roomId } = await commands.create({ roomName: 'Planning', config });
    await supervisor.send(roomId, { type: 'meeting.started', roomSid: 'RM_1', at: clock.now(), source: 'webhook' });
    const { deletion } = await commands.delete(roomId, { withMeeting: 'force', withRecordings: 'fail' });
    expect(deletion).toBe('room_with_active_meeting_deleted');
    await supervisor.idle();
    expect(ended).toEqual([roomId]);
    await expect(commands.get(roomId)).rejects.toBeInstanceOf(RoomNotFoundError);
  });

  it('is deleted at once although LiveKit cannot be reached, and its meeting ends once LiveKit can be reached', async () => {
    const { clock, supervisor, commands, ended, livekit } = withSilentLiveKit();
    const { roomId } = await commands.create({ roomName: 'Planning', config });
    await supervisor.send(roomId, { type: 'meeting.started', roomSid: 'RM_1', at: clock.now(), source: 'webhook' });
    livekit.isAway = true;
    const { deletion } = await commands.delete(roomId, { withMeeting: 'force', withRecordings: 'fail' });
    expect(deletion).toBe('room_with_active_meeting_deleted');
    await clock.run(30_000);
    expect(livekit.refused).toBeGreaterThan(5);
    livekit.isAway = false;
    await clock.run(3_000);
    expect(ended).toEqual([roomId]);
    await expect(commands.get(roomId)).rejects.toBeInstanceOf(RoomNotFoundError);
  });

  it('keeps its next meeting running when the first one ended before LiveKit could be reached', async () => {
    const { clock, store, recordings, supervisor, commands, ended, livekit } = withSilentLiveKit();
    const tell = (type: 'meeting.started' | 'meeting.finished', roomSid: string) =>
      supervisor.send('room', { type, roomSid, at: clock.now(), source: 'webhook' });
    await store.create('room', buildRoom('room'));
    await recordings.create('one', buildSettled('one', { roomId: 'room' }));
    await tell('meeting.started', 'RM_1');
    livekit.isAway = true;
    const { deletion } = await commands.delete('room', { withMeeting: 'force', withRecordings: 'close' });
    expect(deletion).toBe('room_with_active_meeting_closed');
    await clock.run(5_000);
    await tell('meeting.finished', 'RM_1');
    expect((await store.load('room'))?.tally.state).toBe('closed');
    await tell('meeting.started', 'RM_2');
    livekit.isAway = false;
    await clock.run(10_000);
    expect(ended).toEqual([]);
    expect((await store.load('room'))?.tally).toMatchObject({ state: 'active_meeting', effects: [] });
  });
});
