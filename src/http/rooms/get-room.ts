import { z } from 'zod';

import { pickFields } from '../route/page.presenter.js';
import { presentRoom } from './room.presenter.js';
import { roomIdSchema } from '../recordings/ids.js';
import { itemQuery } from '../route/pages.js';
import type { RouteContext } from '../route/route-context.js';

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
