import type { RoomConfig, RoomContext, RoomDocument, RoomStatus } from '../../machines/room/room.js';
import { roomStatusOf } from '../../machines/room/room.js';
import type { DeletionResult, RoomDeletion } from '../../machines/room/commands/commands.js';

/** A room as clients see it. */
export interface RoomView {
  roomId: string;
  roomName: string;
  creationDate: number;
  autoDeletionDate: number | undefined;
  autoDeletionPolicy: RoomContext['autoDeletionPolicy'];
  config: RoomConfig;
  moderatorUrl: string;
  speakerUrl: string;
  status: RoomStatus | undefined;
  meetingEndAction: RoomContext['meetingEndAction'];
}

/** @param baseUrl in front of the links: scheme and host, no slash at the end */
export function presentRoom(room: RoomDocument, baseUrl: string): RoomView {
  return {
    roomId: room.roomId,
    roomName: room.roomName,
    creationDate: room.creationDate,
    autoDeletionDate: room.autoDeletionDate,
    autoDeletionPolicy: room.autoDeletionPolicy,
    config: room.config,
    moderatorUrl: `${baseUrl}${room.moderatorUrl}`,
    speakerUrl: `${baseUrl}${room.speakerUrl}`,
    status: roomStatusOf(room),
    meetingEndAction: room.meetingEndAction,
  };
}

/** How each outcome of a deletion reads after `Room '{roomId}' `, and whether it still has to happen. */
const DELETIONS: Record<RoomDeletion, { status: 200 | 202; phrase: string }> = {
  room_deleted: { status: 200, phrase: 'deleted successfully' },
  room_with_active_meeting_deleted: { status: 200, phrase: 'with active meeting deleted successfully' },
  room_with_active_meeting_scheduled_to_be_deleted: {
    status: 202,
    phrase: 'with active meeting scheduled to be deleted when the meeting ends',
  },
  room_and_recordings_deleted: { status: 200, phrase: 'and its recordings deleted successfully' },
  room_closed: { status: 200, phrase: 'has been closed instead of deleted because it has recordings' },
  room_with_active_meeting_and_recordings_deleted: {
    status: 200,
    phrase: 'with active meeting and its recordings deleted successfully',
  },
  room_with_active_meeting_closed: {
    status: 200,
    phrase: 'with active meeting has been closed instead of deleted because it has recordings',
  },
  room_with_active_meeting_and_recordings_scheduled_to_be_deleted: {
    status: 202,
    phrase: 'with active meeting and its recordings scheduled to be deleted when the meeting ends',
  },
  room_with_active_meeting_scheduled_to_be_closed: {
    status: 202,
    phrase: 'with active meeting scheduled to be closed when the meeting ends because it has recordings',
  },
};

export interface DeletionView {
  successCode: RoomDeletion;
  message: string;
  room?: RoomView;
}

export function presentDeletion(
  roomId: string,
  { deletion, room }: DeletionResult,
  baseUrl: string,
): { status: 200 | 202; body: DeletionView } {
  const { status, phrase } = DELETIONS[deletion];
  const body: DeletionView = { successCode: deletion, message: `Room '${roomId}' ${phrase}` };
  return { status, body: room === undefined ? body : { ...body, room: presentRoom(room, baseUrl) } };
}
