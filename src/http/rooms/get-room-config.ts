import { ok } from '../route/answers.js';
import { get } from '../route/route.js';
import type { RoomsDeps } from './deps.js';
import { roomParams } from './ids.js';
import { presentRoomConfig, roomConfigView } from './room.presenter.js';

export const getRoomConfig = ({ rooms }: RoomsDeps) =>
  get('rooms.getConfig', '/api/v1/rooms/:roomId/config')
    .allows('apiKey')
    .reads({ params: roomParams })
    .doing(({ params }) => `getting room config for room '${params.roomId}'`)
    .needs('room', ['room.not_found'], ({ params }) => rooms.get(params.roomId))
    .answers({ 200: roomConfigView }, async ({ room }) => ok(presentRoomConfig(room)));
