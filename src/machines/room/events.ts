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
  /** `hasRecordings` is read by whoever asks; the room's own state decides about the meeting. */
  | ({ type: 'delete'; hasRecordings: boolean; withMeeting: WithMeetingPolicy; withRecordings: WithRecordingsPolicy } & At);

/** Hosts the rooms. */
export type Rooms = Supervisor<RoomContext, RoomEvent>;
