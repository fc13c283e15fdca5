import { RoomNotFoundError } from '../../ports/rooms.js';
import type { RoomStore } from '../room-store.js';
import { type RoomDocument, roomStatusOf } from '../room.js';

/** @throws RoomNotFoundError */
export async function getRoom(store: Pick<RoomStore, 'load'>, roomId: string): Promise<RoomDocument> {
  const room = await store.load(roomId);
  if (room === undefined || roomStatusOf(room) === undefined) throw new RoomNotFoundError(roomId);
  return room;
}
