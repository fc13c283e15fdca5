import type { RoomDeletion } from '../commands/commands.js';
import type { DeletionRefusal } from '../errors.js';
import type { WithMeetingPolicy, WithRecordingsPolicy } from '../room.js';

export interface DeletionCase {
  hasMeeting: boolean;
  hasRecordings: boolean;
  withMeeting: WithMeetingPolicy;
  withRecordings: WithRecordingsPolicy;
}

/** What deleting a room means: which state it goes to, what happens to its meeting, or why it is refused. */
export type DeletionPlan =
  | { refused: DeletionRefusal }
  | {
      /** `at_once`: the room is gone now; `closed`: it stays, closed; the others wait for the meeting to end. */
      outcome: 'at_once' | 'closed' | 'delete_after_meeting' | 'close_after_meeting';
      /** The meeting is ended by us. */
      endsMeeting: boolean;
      deletion: RoomDeletion;
    };

/** The whole table of room deletions. Pure; policies that do not apply to the room's situation are ignored. */
export function planDeletion({ hasMeeting, hasRecordings, withMeeting, withRecordings }: DeletionCase): DeletionPlan {
  if (!hasMeeting) return hasRecordings ? withoutMeeting(withRecordings) : plan('at_once', false, 'room_deleted');
  if (!hasRecordings) return withoutRecordings(withMeeting);
  if (withMeeting === 'fail') return { refused: 'room_with_recordings_has_active_meeting' };
  const forced = withMeeting === 'force';
  switch (withRecordings) {
    case 'force':
      return plan(
        'delete_after_meeting',
        forced,
        forced
          ? 'room_with_active_meeting_and_recordings_deleted'
          : 'room_with_active_meeting_and_recordings_scheduled_to_be_deleted',
      );
    case 'close':
      return plan(
        'close_after_meeting',
        forced,
        forced ? 'room_with_active_meeting_closed' : 'room_with_active_meeting_scheduled_to_be_closed',
      );
    case 'fail':
      return {
        refused: forced
          ? 'room_with_active_meeting_has_recordings'
          : 'room_with_active_meeting_has_recordings_cannot_schedule_deletion',
      };
  }
}

function withoutMeeting(withRecordings: WithRecordingsPolicy): DeletionPlan {
  switch (withRecordings) {
    case 'force':
      return plan('at_once', false, 'room_and_recordings_deleted');
    case 'close':
      return plan('closed', false, 'room_closed');
    case 'fail':
      return { refused: 'room_has_recordings' };
  }
}

function withoutRecordings(withMeeting: WithMeetingPolicy): DeletionPlan {
  switch (withMeeting) {
    case 'force':
      return plan('delete_after_meeting', true, 'room_with_active_meeting_deleted');
    case 'when_meeting_ends':
      return plan('delete_after_meeting', false, 'room_with_active_meeting_scheduled_to_be_deleted');
    case 'fail':
      return { refused: 'room_has_active_meeting' };
  }
}

type Granted = Extract<DeletionPlan, { outcome: unknown }>;

function plan(outcome: Granted['outcome'], endsMeeting: boolean, deletion: RoomDeletion): DeletionPlan {
  return { outcome, endsMeeting, deletion };
}
