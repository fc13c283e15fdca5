import { z } from 'zod';

import type { DeletionResult, RoomDeletion } from '../../machines/room/commands/commands.js';
import { presentRoom, roomView } from './room.presenter.js';

/** The text of each outcome after `Room '{roomId}' `, and its status: 202 when the deletion is yet to come. */
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

/** The outcome of the deletion of one room. */
export const deletionView = z.strictObject({
  successCode: z.enum(Object.keys(DELETIONS) as [RoomDeletion, ...RoomDeletion[]]),
  message: z.string(),
  room: roomView.exactOptional(),
});

export function presentDeletion(
  roomId: string,
  { deletion, room }: DeletionResult,
  baseUrl: string,
): { status: 200 | 202; body: z.output<typeof deletionView> } {
  const { status, phrase } = DELETIONS[deletion];
  const message = `Room '${roomId}' ${phrase}`;
  return { status, body: { successCode: deletion, message, ...(room !== undefined && { room: presentRoom(room, baseUrl) }) } };
}
