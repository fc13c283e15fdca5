import { z } from 'zod';

import { ok } from '../route/answers.js';
import { pickFields } from '../route/fields.js';
import { definedOnly, listQuery, nameFilterSchema, paginationSchema, presentPagination } from '../route/pages.js';
import { get } from '../route/route.js';
import type { RoomsDeps } from './deps.js';
import { presentRoom, roomView } from './room.presenter.js';

const query = z.object({ ...listQuery, roomName: nameFilterSchema.optional() });
const page = z.strictObject({ rooms: z.array(roomView.partial()), pagination: paginationSchema });

export const listRooms = ({ roomStore }: RoomsDeps) =>
  get('rooms.list', '/api/v1/rooms')
    .allows('apiKey')
    .reads({ query })
    .doing('getting rooms')
    .answers({ 200: page }, async ({ query: { maxItems, nextPageToken, fields, ...filter } }, { state: { baseUrl } }) => {
      const found = await roomStore.list(definedOnly(filter), maxItems, nextPageToken);
      return ok({
        rooms: found.items.map((room) => pickFields(presentRoom(room, baseUrl), fields)),
        pagination: presentPagination(found, maxItems),
      });
    });
