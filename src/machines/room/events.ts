import type { Supervisor } from '../kernel/supervisor.js';
import type { RoomContext, WithMeetingPolicy, WithRecordingsPolicy } from './room.js';

interface At {
  /** Epoch milliseconds by our clock. */
  at: number;
  source: string;
}

export type RoomEvent =
  | ({ type: 'meeting.started'; roomSid: string } & At)
  | ({ type: 'meeting.finished'; roomSid: string } & At)
  | ({ type: 'open' } & At)
  | ({ type: 'close' } & At)
  /** The sender reads `hasRecordings` from the store; the room's own state tells whether a meeting is on. */
  | ({ type: 'delete'; hasRecordings: boolean; withMeeting: WithMeetingPolicy; withRecordings: WithRecordingsPolicy } & At);

/** The supervisor of the rooms. */
export type Rooms = Supervisor<RoomContext, RoomEvent>;
