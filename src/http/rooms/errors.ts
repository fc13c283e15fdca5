import type { DeletionRefusal } from '../../machines/room/errors.js';
import type { ErrorRows } from '../route/errors.js';

/** The text after `Room '{roomId}' `, keyed by the refusal, which is also the error's name in the contract. */
const REFUSALS: Record<DeletionRefusal, string> = {
  room_has_active_meeting: 'cannot be deleted because it has an active meeting.',
  room_has_recordings: 'cannot be deleted because it has recordings.',
  room_with_recordings_has_active_meeting: 'with recordings cannot be deleted because it has an active meeting.',
  room_with_active_meeting_has_recordings: 'with active meeting cannot be deleted because it has recordings.',
  room_with_active_meeting_has_recordings_cannot_schedule_deletion:
    'with active meeting cannot be scheduled to be deleted because it has recordings.',
};

export const roomErrors: ErrorRows = {
  'room.not_found': { status: 404, name: 'Room Error' },
  'room.deletion_refused': {
    status: 409,
    name: ({ refusal }) => String(refusal),
    message: ({ roomId, refusal }) => `Room '${String(roomId)}' ${REFUSALS[refusal as DeletionRefusal]}`,
  },
};
