import { describe, expect, it } from 'vitest';

import { createLocalBus } from '../../../src/machines/kernel/event-bus.js';
import { createSupervisor } from '../../../src/machines/kernel/supervisor.js';
import { createRoomCommands } from '../../../src/machines/room/create-commands.js';
import { createRoomEffects, defineRoom } from '../../../src/machines/room/definition.js';
import { RoomNotFoundError } from '../../../src/machines/room/errors.js';
import type { RoomContext } from '../../../src/machines/room/room.js';
import type { RoomEvent } from '../../../src/machines/room/room.machine.js';
import { createMemoryRecordingStore } from '../../support/memory-recording-store.js';
import { createMemoryRoomStore } from '../../support/memory-room-store.js';
import { createTestClock } from '../../support/test-clock.js';
import { silentLog } from '../kernel/support.js';

/** Rooms whose LiveKit says nothing by itself: every webhook gets lost. */
function withSilentLiveKit() {
  const clock = createTestClock();
  const store = createMemoryRoomStore();
  const ended: string[] = [];
  const supervisor = createSupervisor<RoomContext, RoomEvent>({
    definition: defineRoom(),
    handlers: createRoomEffects({
      clock,
      endMeeting: async (roomId) => void ended.push(roomId),
      deleteRecordings: async () => undefined,
      notify: async () => undefined,
    }),
    store,
    bus: createLocalBus(),
    clock,
    instance: 'one',
    log: silentLog,
    dueIntervalMs: 1_000,
    exclusive: true,
  });
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
