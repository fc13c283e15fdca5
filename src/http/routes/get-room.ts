import { z } from 'zod';

import { pickFields } from '../presenters/page.presenter.js';
import { presentRoom } from '../presenters/room.presenter.js';
import { roomIdSchema } from '../schemas/ids.js';
import { itemQuery } from '../schemas/lists.js';
import type { RouteContext } from './route-context.js';

export function getRoom({ router, handle, deps: { rooms } }: RouteContext): void {
  router.get(
    '/rooms/:roomId',
    handle(
      {
        name: 'rooms.get',
        accepts: ['apiKey'],
        params: z.object({ roomId: roomIdSchema }),
        query: itemQuery,
        operation: ({ params }) => `getting room '${params.roomId}'`,
      },
      async (ctx, { params, query }) => {
        ctx.body = pickFields(presentRoom(await rooms.get(params.roomId), ctx.state.baseUrl), query.fields);
      },
    ),
  );
}
