import { z } from 'zod';

import type { DeletionResult, RoomDeletion } from '../../machines/room/commands/commands.js';
import type { IdOutcome } from '../route/for-each-id.js';
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

/** The outcomes of the deletion of many rooms. */
export const deletionsView = z.strictObject({
  message: z.string(),
  successful: z.array(deletionView.extend({ roomId: z.string() })),
  failed: z.array(z.strictObject({ roomId: z.string(), error: z.string(), message: z.string() })).exactOptional(),
});

/** The contract has no 202 for many rooms: a deletion that is yet to come counts as successful. */
export function presentDeletions(
  outcomes: readonly IdOutcome<DeletionResult>[],
  baseUrl: string,
): { status: 200 | 400; body: z.output<typeof deletionsView> } {
  const successful = outcomes.flatMap((outcome) =>
    'failure' in outcome ? [] : [{ roomId: outcome.id, ...presentDeletion(outcome.id, outcome.result, baseUrl).body }],
  );
  const failed = outcomes.flatMap((outcome) =>
    'failure' in outcome ? [{ roomId: outcome.id, error: outcome.failure.name, message: outcome.failure.message }] : [],
  );
  if (failed.length === 0) {
    return { status: 200, body: { message: 'All rooms successfully processed for deletion', successful } };
  }
  return { status: 400, body: { message: `${failed.length} room(s) failed to process while deleting`, successful, failed } };
}
