import { forEachId } from '../for-each-id.js';
import { presentRoomDeletions } from '../presenters/deletions.presenter.js';
import { deleteRoomsQuery } from '../schemas/rooms.js';
import type { RouteContext } from './route-context.js';

const AT_ONCE = 10;

export function deleteRooms({ router, handle, deps: { rooms, log } }: RouteContext): void {
  router.delete(
    '/rooms',
    handle(
      { name: 'rooms.deleteMany', accepts: ['apiKey'], query: deleteRoomsQuery, operation: 'deleting rooms' },
      async (ctx, { query: { roomIds, ...policy } }) => {
        const outcomes = await forEachId({
          ids: roomIds,
          atOnce: AT_ONCE,
          work: (roomId) => rooms.delete(roomId, policy),
          operation: (roomId) => `deleting room '${roomId}'`,
          log,
        });
        const { status, body } = presentRoomDeletions(outcomes, ctx.state.baseUrl);
        ctx.status = status;
        ctx.body = body;
      },
    ),
  );
}
