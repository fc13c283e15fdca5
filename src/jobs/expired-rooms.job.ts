import type { Clock } from '../clock.js';
import type { Log } from '../logging.js';
import type { RoomCommands } from '../machines/room/commands/commands.js';
import { RoomNotFoundError } from '../machines/ports/rooms.js';
import { RoomDeletionRefusedError } from '../machines/room/errors.js';
import type { RoomStore } from '../machines/room/room-store.js';
import type { RoomDocument } from '../machines/room/room.js';
import { expiredRoomDeleted } from '../observability/events.js';
import { countEach, type Counts } from './job.js';

export interface ExpiredRoomOptions {
  rooms: Pick<RoomCommands, 'delete'>;
  roomStore: Pick<RoomStore, 'expired'>;
  clock: Clock;
  log: Log;
}

/**
 * Delete the rooms whose `autoDeletionDate` has passed, each with its own policy. If the policy refuses the deletion, closes the
 * room or waits for the end of its meeting, the next run tries again.
 *
 * @throws StoreUnavailableError the rooms could not be read
 */
export async function deleteExpiredRooms(options: ExpiredRoomOptions, signal: AbortSignal): Promise<Counts> {
  const { rooms, roomStore, clock, log } = options;
  return countEach(roomStore.expired(clock.now()), { signal, log }, ({ roomId }) => ({ room: roomId }), remove);

  async function remove({ roomId, autoDeletionPolicy }: RoomDocument): Promise<string> {
    const { withMeeting = 'fail', withRecordings = 'fail' } = autoDeletionPolicy ?? {};
    try {
      const { deletion } = await rooms.delete(roomId, { withMeeting, withRecordings });
      expiredRoomDeleted(log, { room: roomId, deletion });
      return deletion;
    } catch (error) {
      if (error instanceof RoomDeletionRefusedError) return 'refused';
      if (error instanceof RoomNotFoundError) return 'gone';
      throw error;
    }
  }
}
