import { type RecordableRoom, type RoomDirectory, RoomNotFoundError } from '../../ports/rooms.js';
import { RecordingDisabledError } from '../errors.js';

/** @throws RoomNotFoundError, RecordingDisabledError */
export async function recordableRoom(rooms: RoomDirectory, roomId: string): Promise<RecordableRoom> {
  const room = await rooms.find(roomId);
  if (room === undefined) throw new RoomNotFoundError(roomId);
  if (!room.isRecordingEnabled) throw new RecordingDisabledError(roomId);
  return room;
}
