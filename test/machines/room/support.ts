import type { Clock } from '../../../src/clock.js';
import type { Supervisor } from '../../../src/machines/kernel/supervisor.js';
import { createRoomEffects } from '../../../src/machines/room/effects/effects.js';
import { defineRoom } from '../../../src/machines/room/machine/definition.js';
import type { MeetingKeeper } from '../../../src/machines/reconcile/meetings.js';
import type { RoomStore } from '../../../src/machines/room/room-store.js';
import type { RoomContext } from '../../../src/machines/room/room.js';
import type { RoomEvent } from '../../../src/machines/room/events.js';
import { supervise } from '../../support/apps/supervise.js';

/** A meeting keeper that does nothing, for tests of recordings. */
export const noMeetings: MeetingKeeper = { see: async () => undefined, recheck: async () => undefined };

type RoomEffects = Parameters<typeof createRoomEffects>[0];

/** A supervisor of rooms whose effects do nothing, unless the test passes its own. */
export function createRoomSupervisor(
  clock: Clock,
  store: RoomStore,
  effects: Partial<RoomEffects> = {},
): Supervisor<RoomContext, RoomEvent> {
  const nothing = async () => undefined;
  return supervise({
    definition: defineRoom({ notices: false }),
    handlers: createRoomEffects({
      livekit: { deleteRoom: nothing },
      recorder: { deleteAll: nothing },
      notifications: { append: nothing },
      clock,
      ...effects,
    }),
    store,
    clock,
  });
}
