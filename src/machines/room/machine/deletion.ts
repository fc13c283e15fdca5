import type { DeletionRefusal } from '../errors.js';
import type { WithMeetingPolicy, WithRecordingsPolicy } from '../room.js';

/** The effect of a deletion that is not refused. */
interface Deletion {
  /** `at_once`: the room is deleted now; `closed`: it is closed now; the other two outcomes happen when the meeting ends. */
  outcome: 'at_once' | 'closed' | 'delete_after_meeting' | 'close_after_meeting';
  /** Whether Tally ends the meeting. */
  endsMeeting: boolean;
  /** Whether the answer contains the room, which clients can still read. */
  showsRoom: boolean;
}

/** All deletions, by the names that clients see. */
const DELETIONS = {
  room_deleted: { outcome: 'at_once', endsMeeting: false, showsRoom: false },
  room_and_recordings_deleted: { outcome: 'at_once', endsMeeting: false, showsRoom: false },
  room_closed: { outcome: 'closed', endsMeeting: false, showsRoom: true },
  room_with_active_meeting_deleted: { outcome: 'delete_after_meeting', endsMeeting: true, showsRoom: false },
  room_with_active_meeting_scheduled_to_be_deleted: { outcome: 'delete_after_meeting', endsMeeting: false, showsRoom: true },
  room_with_active_meeting_and_recordings_deleted: { outcome: 'delete_after_meeting', endsMeeting: true, showsRoom: false },
  room_with_active_meeting_and_recordings_scheduled_to_be_deleted: {
    outcome: 'delete_after_meeting',
    endsMeeting: false,
    showsRoom: true,
  },
  room_with_active_meeting_closed: { outcome: 'close_after_meeting', endsMeeting: true, showsRoom: true },
  room_with_active_meeting_scheduled_to_be_closed: { outcome: 'close_after_meeting', endsMeeting: false, showsRoom: true },
} as const satisfies Record<string, Deletion>;

export type RoomDeletion = keyof typeof DELETIONS;

type Answer = RoomDeletion | DeletionRefusal;

const RECORDED: Record<WithRecordingsPolicy, Answer> = {
  force: 'room_and_recordings_deleted',
  close: 'room_closed',
  fail: 'room_has_recordings',
};
const IN_MEETING: Record<WithMeetingPolicy, Answer> = {
  force: 'room_with_active_meeting_deleted',
  when_meeting_ends: 'room_with_active_meeting_scheduled_to_be_deleted',
  fail: 'room_has_active_meeting',
};
const RECORDED_IN_MEETING: Record<WithMeetingPolicy, Record<WithRecordingsPolicy, Answer>> = {
  force: {
    force: 'room_with_active_meeting_and_recordings_deleted',
    close: 'room_with_active_meeting_closed',
    fail: 'room_with_active_meeting_has_recordings',
  },
  when_meeting_ends: {
    force: 'room_with_active_meeting_and_recordings_scheduled_to_be_deleted',
    close: 'room_with_active_meeting_scheduled_to_be_closed',
    fail: 'room_with_active_meeting_has_recordings_cannot_schedule_deletion',
  },
  fail: {
    force: 'room_with_recordings_has_active_meeting',
    close: 'room_with_recordings_has_active_meeting',
    fail: 'room_with_recordings_has_active_meeting',
  },
};

interface DeletionCase {
  hasMeeting: boolean;
  hasRecordings: boolean;
  withMeeting: WithMeetingPolicy;
  withRecordings: WithRecordingsPolicy;
}

export type AllowedDeletion = { deletion: RoomDeletion } & Deletion;
type DeletionPlan = { refused: DeletionRefusal } | AllowedDeletion;

/** Decides how a room is deleted, or why not. Pure; policies that do not apply to the room's situation are ignored. */
export function planDeletion(wanted: DeletionCase): DeletionPlan {
  const answer = answerTo(wanted);
  return isDeletion(answer) ? { deletion: answer, ...DELETIONS[answer] } : { refused: answer };
}

function answerTo({ hasMeeting, hasRecordings, withMeeting, withRecordings }: DeletionCase): Answer {
  if (hasMeeting) return hasRecordings ? RECORDED_IN_MEETING[withMeeting][withRecordings] : IN_MEETING[withMeeting];
  return hasRecordings ? RECORDED[withRecordings] : 'room_deleted';
}

function isDeletion(answer: Answer): answer is RoomDeletion {
  return answer in DELETIONS;
}
