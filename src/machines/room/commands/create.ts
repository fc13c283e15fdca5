import { randomBytes } from 'node:crypto';

import { roomCreated } from '../../../observability/events.js';
import { drawRoomId } from '../room-id.js';
import type { RoomContext, RoomDocument } from '../room.js';
import type { RoomCommandOptions } from './options.js';

/** A request to create a room; dates in epoch milliseconds. */
export type CreateRoomRequest = Pick<RoomContext, 'roomName' | 'autoDeletionDate' | 'autoDeletionPolicy' | 'config'>;

export async function createRoom(
  { supervisor, clock, log }: RoomCommandOptions,
  request: CreateRoomRequest,
): Promise<RoomDocument> {
  const room = newRoom(request, clock.now());
  const result = await supervisor.create(room.roomId, room, 'rest');
  if (!result.created) throw new Error(`Room id '${room.roomId}' was drawn twice`);
  roomCreated(log, { room: room.roomId });
  return result.document;
}

function newRoom(request: CreateRoomRequest, now: number): RoomContext {
  const roomId = drawRoomId(request.roomName);
  const link = () => `/room/${roomId}?secret=${randomBytes(5).toString('hex')}`;
  return {
    schemaVersion: 1,
    ...request,
    roomId,
    creationDate: now,
    moderatorUrl: link(),
    speakerUrl: link(),
    meetingEndAction: 'none',
  };
}
