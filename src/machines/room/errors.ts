import { TallyError } from '../../errors.js';

/** Why the caller's policies do not allow the deletion of a room. */
export type DeletionRefusal =
  | 'room_has_active_meeting'
  | 'room_has_recordings'
  | 'room_with_recordings_has_active_meeting'
  | 'room_with_active_meeting_has_recordings'
  | 'room_with_active_meeting_has_recordings_cannot_schedule_deletion';

export class RoomDeletionRefusedError extends TallyError {
  readonly refusal: DeletionRefusal;

  constructor(roomId: string, refusal: DeletionRefusal) {
    super('room.deletion_refused', 'conflict', `Room '${roomId}' is not deleted: ${refusal}`, { details: { roomId, refusal } });
    this.refusal = refusal;
  }
}
