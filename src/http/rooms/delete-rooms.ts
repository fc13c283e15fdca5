import { forEachId } from '../route/for-each-id.js';
import { presentRoomDeletions } from './deletions.presenter.js';
import { deleteRoomsQuery } from './schemas.js';
import type { RouteContext } from '../route/route-context.js';

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
