import { z } from 'zod';

import { definedOnly } from '../route/defined-only.js';
import { pickFields, presentPagination } from '../route/page.presenter.js';
import { presentRoom } from './room.presenter.js';
import { listQuery, nameFilterSchema } from '../route/pages.js';
import type { RouteContext } from '../route/route-context.js';

const query = z.object({ ...listQuery, roomName: nameFilterSchema.optional() });

export function listRooms({ router, handle, deps: { roomStore } }: RouteContext): void {
  router.get(
    '/rooms',
    handle(
      { name: 'rooms.list', accepts: ['apiKey'], query, operation: 'getting rooms' },
      async (ctx, { query: { maxItems, nextPageToken, fields, ...filter } }) => {
        const page = await roomStore.list(definedOnly(filter), maxItems, nextPageToken);
        ctx.body = {
          rooms: page.items.map((room) => pickFields(presentRoom(room, ctx.state.baseUrl), fields)),
          pagination: presentPagination(page, maxItems),
        };
      },
    ),
  );
}
