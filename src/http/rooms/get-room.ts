import { ok } from '../route/answers.js';
import { itemQuery, pickFields } from '../route/fields.js';
import { get } from '../route/route.js';
import type { RoomsDeps } from './deps.js';
import { roomParams } from './ids.js';
import { presentRoom, roomView } from './room.presenter.js';

export const getRoom = ({ rooms }: RoomsDeps) =>
  get('rooms.get', '/api/v1/rooms/:roomId')
    .allows('apiKey')
    .reads({ params: roomParams })
    .reads({ query: itemQuery })
    .doing(({ params }) => `getting room '${params.roomId}'`)
    .needs('room', ['room.not_found'], ({ params }) => rooms.get(params.roomId))
    .answers({ 200: roomView.partial() }, async ({ room, query }, { state: { baseUrl } }) =>
      ok(pickFields(presentRoom(room, baseUrl), query.fields)),
    );
