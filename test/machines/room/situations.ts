import type { RoomEvent } from '../../../src/machines/room/events.js';
import type { RoomDocument, WithMeetingPolicy, WithRecordingsPolicy } from '../../../src/machines/room/room.js';
import { buildRoom } from '../../contracts/documents.js';

const NOON = Date.UTC(2026, 0, 1, 12);
const ROOM = 'planning-0123456789abcde';

type Fields = Parameters<typeof buildRoom>[1];
const inState = (state: string, fields: Fields = {}): RoomDocument => buildRoom(ROOM, { ...fields, tally: { state } });
const inMeeting = (fields: Fields = {}): RoomDocument => inState('active_meeting', { meetingSid: 'RM_1', ...fields });

/** A document for every state of a room, in each variant of the context that the guards distinguish. */
export const SITUATIONS: Readonly<Record<string, RoomDocument>> = {
  open: inState('open'),
  'open, after a meeting': inState('open', { finishedMeetingSid: 'RM_1' }),
  'in a meeting': inMeeting(),
  'in a meeting, its sid unknown': inState('active_meeting'),
  'in a meeting, closed afterwards': inMeeting({ meetingEndAction: 'close' }),
  'in a meeting, deleted afterwards': inMeeting({ meetingEndAction: 'delete' }),
  closed: inState('closed'),
  deleted: inState('deleted', { deletedAt: NOON }),
};

type WithoutOrigin<Event> = Event extends RoomEvent ? Omit<Event, 'at' | 'source'> : never;
const buildEvent = (event: WithoutOrigin<RoomEvent>): RoomEvent => ({ ...event, at: NOON + 1_000, source: 'test' });

const MEETINGS: readonly WithMeetingPolicy[] = ['force', 'when_meeting_ends', 'fail'];
const RECORDINGS: readonly WithRecordingsPolicy[] = ['force', 'close', 'fail'];
const deletions = [true, false].flatMap((hasRecordings) =>
  MEETINGS.flatMap((withMeeting) =>
    RECORDINGS.map((withRecordings): [string, RoomEvent] => [
      `delete, ${hasRecordings ? 'recorded' : 'unrecorded'}, meeting ${withMeeting}, recordings ${withRecordings}`,
      buildEvent({ type: 'delete', hasRecordings, withMeeting, withRecordings }),
    ]),
  ),
);

/** One event of every type, in each variant that the chart distinguishes. */
export const EVENTS: Readonly<Record<string, RoomEvent>> = {
  'meeting.started': buildEvent({ type: 'meeting.started', roomSid: 'RM_1' }),
  'meeting.started another': buildEvent({ type: 'meeting.started', roomSid: 'RM_2' }),
  'meeting.finished': buildEvent({ type: 'meeting.finished', roomSid: 'RM_1' }),
  'meeting.finished another': buildEvent({ type: 'meeting.finished', roomSid: 'RM_2' }),
  'meeting.finished unnamed': buildEvent({ type: 'meeting.finished', roomSid: '' }),
  open: buildEvent({ type: 'open' }),
  close: buildEvent({ type: 'close' }),
  ...Object.fromEntries(deletions),
};
