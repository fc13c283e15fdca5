import type { RoomContext } from '../../machines/room/room.js';
import { roomStatusOf } from '../../machines/room/room.js';
import { createMapper, foldedName } from './mapper.js';

/** The mapper of rooms; it also stores `status` until the room is deleted. */
export const roomMapper = createMapper<RoomContext>({ status: roomStatusOf }, { name: foldedName });
