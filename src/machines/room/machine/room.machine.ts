import { roomSetup } from './room.setup.js';

const withoutMeeting = {
  'meeting.finished': { guard: 'endIsNews', actions: 'rememberMeetingEnd' },
  'meeting.started': {
    target: 'active_meeting',
    actions: ['rememberMeeting', { type: 'notify', params: { notice: 'meetingStarted', status: 'active_meeting' } }],
  },
  delete: [
    // This also deletes recordings that no list shows because their egress is not known yet.
    { guard: 'isDeletedAtOnce', target: 'deleted', actions: ['deleteRecordings', 'becomeTombstone'] },
    { guard: 'isClosedInstead', target: 'closed' },
  ],
} as const;

/** The state machine of a room: open, in a meeting, closed or deleted, with the action for the end of the meeting. Pure. */
export const roomMachine = roomSetup.createMachine({
  id: 'room',
  context: ({ input }) => input,
  initial: 'open',
  states: {
    open: {
      description: 'The room waits for a meeting.',
      on: { ...withoutMeeting, close: { target: 'closed', actions: 'stayAfterMeeting' } },
    },
    active_meeting: {
      description: 'A meeting is on; what was ordered for its end waits for it.',
      on: {
        'meeting.started': { guard: 'meetingIsNews', actions: 'rememberMeeting' },
        'meeting.finished': [
          {
            guard: 'endsMeetingAndRoom',
            target: 'deleted',
            actions: [
              { type: 'notify', params: { notice: 'meetingEnded', status: 'active_meeting' } },
              'deleteRecordings',
              'becomeTombstone',
            ],
          },
          {
            guard: 'endsMeetingAndCloses',
            target: 'closed',
            actions: [
              'concludeMeeting',
              'stayAfterMeeting',
              { type: 'notify', params: { notice: 'meetingEnded', status: 'closed' } },
            ],
          },
          {
            guard: 'endsMeeting',
            target: 'open',
            actions: ['concludeMeeting', { type: 'notify', params: { notice: 'meetingEnded', status: 'open' } }],
          },
        ],
        close: [{ guard: 'closesAfterMeeting' }, { actions: 'closeAfterMeeting' }],
        open: { guard: 'hasEndAction', actions: 'stayAfterMeeting' },
        delete: [
          { guard: 'isDeletedByEndingMeeting', actions: ['deleteAfterMeeting', 'endMeeting'] },
          { guard: 'isDeletedAfterMeeting', actions: 'deleteAfterMeeting' },
          { guard: 'isClosedByEndingMeeting', actions: ['closeAfterMeeting', 'endMeeting'] },
          { guard: 'isClosedAfterMeeting', actions: 'closeAfterMeeting' },
        ],
      },
    },
    closed: {
      description: 'The room is closed; a meeting that begins all the same opens it again.',
      on: { ...withoutMeeting, open: { target: 'open', actions: 'stayAfterMeeting' } },
    },
    deleted: {
      description: 'The room is gone for clients; it is kept until its recordings are told.',
      tags: 'settled',
    },
  },
});
