import { z } from 'zod';

import { presentDeletion } from './room.presenter.js';
import { roomIdSchema } from '../recordings/ids.js';
import { deleteRoomQuery } from './schemas.js';
import type { RouteContext } from '../route/route-context.js';

/** The bare id: here the contract reports a bad one under an empty field name. */
const params = z.preprocess((named) => (named as { roomId?: unknown }).roomId, roomIdSchema);

export function deleteRoom({ router, handle, deps: { rooms } }: RouteContext): void {
  router.delete(
    '/rooms/:roomId',
    handle(
      {
        name: 'rooms.delete',
        accepts: ['apiKey'],
        params,
        query: deleteRoomQuery,
        operation: ({ params: roomId }) => `deleting room '${roomId}'`,
      },
      async (ctx, { params: roomId, query: policy }) => {
        const { status, body } = presentDeletion(roomId, await rooms.delete(roomId, policy), ctx.state.baseUrl);
        ctx.status = status;
        ctx.body = body;
      },
    ),
  );
}
