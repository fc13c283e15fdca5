import { randomBytes } from 'node:crypto';

import type { Clock } from '../../../clock.js';
import type { Log } from '../../../logging.js';
import { roomCreated } from '../../../observability/events.js';
import type { Supervisor } from '../../kernel/supervisor.js';
import type { RoomEvent } from '../events.js';
import { drawRoomId } from '../room-id.js';
import type { RoomConfig, RoomContext, RoomDocument } from '../room.js';

export interface CreateRoomRequest {
  roomName: string;
  /** Epoch milliseconds. */
  autoDeletionDate?: number;
  autoDeletionPolicy?: NonNullable<RoomContext['autoDeletionPolicy']>;
  config: RoomConfig;
}

export interface CreateRoomOptions {
  supervisor: Pick<Supervisor<RoomContext, RoomEvent>, 'create'>;
  clock: Clock;
  log: Log;
}

export async function createRoom(
  { supervisor, clock, log }: CreateRoomOptions,
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
    roomId,
    roomName: request.roomName,
    creationDate: now,
    ...(request.autoDeletionDate === undefined ? {} : { autoDeletionDate: request.autoDeletionDate }),
    ...(request.autoDeletionPolicy === undefined ? {} : { autoDeletionPolicy: request.autoDeletionPolicy }),
    config: request.config,
    moderatorUrl: link(),
    speakerUrl: link(),
    meetingEndAction: 'none',
  };
}
