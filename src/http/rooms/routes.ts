import type { Capability } from '../route/capability.js';
import { createRoom } from './create-room.js';
import { deleteRoom } from './delete-room.js';
import { deleteRooms } from './delete-rooms.js';
import type { RoomsDeps } from './deps.js';
import { roomErrors } from './errors.js';
import { getRoom } from './get-room.js';
import { getRoomConfig } from './get-room-config.js';
import { listRooms } from './list-rooms.js';

const ROUTES = [createRoom, listRooms, getRoom, getRoomConfig, deleteRoom, deleteRooms];

export function roomsCapability(deps: RoomsDeps): Capability {
  return { routes: ROUTES.map((route) => route(deps)), errors: roomErrors };
}
