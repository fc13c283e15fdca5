import { describe, expect, it } from 'vitest';

import { createRoomCommands } from '../../../src/machines/room/create-commands.js';
import { RoomNotFoundError } from '../../../src/machines/room/errors.js';
import { createMemoryRecordingStore } from '../../support/memory-recording-store.js';
import { createMemoryRoomStore } from '../../support/memory-room-store.js';
import { createTestClock } from '../../support/test-clock.js';
import { createRoomSupervisor } from './support.js';

/** Rooms whose LiveKit says nothing by itself: every webhook gets lost. */
function withSilentLiveKit() {
  const clock = createTestClock();
  const store = createMemoryRoomStore();
  const ended: string[] = [];
  const supervisor = createRoomSupervisor(clock, store, { endMeeting: async (roomId) => void ended.push(roomId) });
  const commands = createRoomCommands({ supervisor, store, recordings: createMemoryRecordingStore(), clock });
  return { clock, supervisor, commands, ended };
}

const config = { chat: { enabled: true }, recording: { enabled: true }, virtualBackground: { enabled: true } };

describe('a room that is deleted during its meeting', () => {
  it('goes when the meeting was ended, though LiveKit never says so', async () => {
    const { clock, supervisor, commands, ended } = withSilentLiveKit();
    const { roomId } = await commands.create({ roomName: 'Planning', config });
    await supervisor.send(roomId, { type: 'meeting.started', roomSid: 'RM_1', at: clock.now(), source: 'webhook' });
    const { deletion } = await commands.delete(roomId, { withMeeting: 'force', withRecordings: 'fail' });
    expect(deletion).toBe('room_with_active_meeting_deleted');
    await supervisor.idle();
    expect(ended).toEqual([roomId]);
    await expect(commands.get(roomId)).rejects.toBeInstanceOf(RoomNotFoundError);
  });
});
