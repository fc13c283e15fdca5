import type { ActorDocument } from '../kernel/document.js';

export type RoomStatus = 'open' | 'active_meeting' | 'closed';
export type MeetingEndAction = 'none' | 'close' | 'delete';
export type WithMeetingPolicy = 'force' | 'when_meeting_ends' | 'fail';
export type WithRecordingsPolicy = 'force' | 'close' | 'fail';

export interface RoomConfig {
  chat: { enabled: boolean };
  recording: { enabled: boolean; allowAccessTo?: 'admin' | 'admin_moderator' | 'admin_moderator_speaker' };
  virtualBackground: { enabled: boolean };
  e2ee?: { enabled: boolean };
}

/** One room: the machine's context and the stored document's top level. Plain JSON. */
export interface RoomContext {
  schemaVersion: number;
  roomId: string;
  roomName: string;
  /** Epoch milliseconds. */
  creationDate: number;
  autoDeletionDate?: number;
  autoDeletionPolicy?: { withMeeting: WithMeetingPolicy; withRecordings: WithRecordingsPolicy };
  config: RoomConfig;
  /** Path and query only: `/room/{roomId}?secret={secret}`. */
  moderatorUrl: string;
  speakerUrl: string;
  meetingEndAction: MeetingEndAction;
  /** Sid of the LiveKit room whose meeting is on, if LiveKit reported it. */
  meetingSid?: string | undefined;
  /** Sid of the LiveKit room that ended last; a late webhook does not start its meeting again. */
  finishedMeetingSid?: string | undefined;
  deletedAt?: number;
}

export type RoomDocument = ActorDocument<RoomContext>;

/** The status that clients see; undefined once the room is deleted. */
export function roomStatusOf(document: RoomDocument): RoomStatus | undefined {
  const { state } = document.tally;
  return state === 'open' || state === 'active_meeting' || state === 'closed' ? state : undefined;
}
