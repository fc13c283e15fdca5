import { and, setup } from 'xstate';

import type { RoomEvent } from '../events.js';
import type { RoomContext, RoomStatus } from '../room.js';
import { type AllowedDeletion, planDeletion } from './deletion.js';

interface Seen {
  context: RoomContext;
  event: RoomEvent;
}

/** The deletion that is asked for, in a room whose meeting is on or not, is such a plan. */
const plans =
  (hasMeeting: boolean, isSuch: (plan: AllowedDeletion) => boolean) =>
  ({ event }: Seen): boolean => {
    if (event.type !== 'delete') return false;
    const plan = planDeletion({ hasMeeting, ...event });
    return 'outcome' in plan && isSuch(plan);
  };

/** Actions that name I/O have no body: the kernel runs the effect of that name after the save. */
const effect = (): void => undefined;

const { assign } = setup({ types: { context: {} as RoomContext, events: {} as RoomEvent } });

const words = setup({
  types: { context: {} as RoomContext, input: {} as RoomContext, events: {} as RoomEvent, tags: {} as 'settled' },
  guards: {
    isDeletedAtOnce: plans(false, ({ outcome }) => outcome === 'at_once'),
    isClosedInstead: plans(false, ({ outcome }) => outcome === 'closed'),
    isDeletedAfterMeeting: plans(true, ({ outcome }) => outcome === 'delete_after_meeting'),
    isClosedAfterMeeting: plans(true, ({ outcome }) => outcome === 'close_after_meeting'),
    /** The client wants the meeting to be ended for it. */
    meetingIsEnded: plans(true, ({ endsMeeting }) => endsMeeting),

    meetingIsNews: ({ context, event }: Seen) => event.type === 'meeting.started' && event.roomSid !== context.meetingSid,
    /** Not the late end of an earlier meeting of the same name. */
    endsMeeting: ({ context, event }: Seen) =>
      event.type === 'meeting.finished' && (context.meetingSid === undefined || context.meetingSid === event.roomSid),
    /** The end of a meeting that was not known to be over: it does not begin again. */
    endIsNews: ({ context, event }: Seen) =>
      event.type === 'meeting.finished' && event.roomSid !== '' && event.roomSid !== context.finishedMeetingSid,
    hasEndAction: ({ context }: Seen) => context.meetingEndAction !== 'none',
    deletesAfterMeeting: ({ context }: Seen) => context.meetingEndAction === 'delete',
    closesAfterMeeting: ({ context }: Seen) => context.meetingEndAction === 'close',
  },
  actions: {
    endMeeting: effect,
    deleteRecordings: effect,
    notify: effect as (_: unknown, params: { notice: 'meetingStarted' | 'meetingEnded'; status: RoomStatus }) => void,
    /** Takes effects back by their keys. */
    withdraw: effect as (_: unknown, params: { keys: readonly string[] }) => void,

    rememberMeeting: assign(({ event }) => (event.type === 'meeting.started' ? { meetingSid: event.roomSid } : {})),
    rememberMeetingEnd: assign(({ context, event }) =>
      event.type === 'meeting.finished'
        ? { meetingSid: undefined, finishedMeetingSid: event.roomSid || context.finishedMeetingSid }
        : {},
    ),
    closeAfterMeeting: assign({ meetingEndAction: 'close' }),
    deleteAfterMeeting: assign({ meetingEndAction: 'delete' }),
    stayAfterMeeting: assign({ meetingEndAction: 'none' }),
    becomeTombstone: assign({ deletedAt: ({ event }) => event.at }),
  },
});

/** The words that the chart is written in. */
export const roomSetup = words.extend({
  guards: {
    isDeletedByEndingMeeting: and(['isDeletedAfterMeeting', 'meetingIsEnded']),
    isClosedByEndingMeeting: and(['isClosedAfterMeeting', 'meetingIsEnded']),
    endsMeetingAndRoom: and(['endsMeeting', 'deletesAfterMeeting']),
    endsMeetingAndCloses: and(['endsMeeting', 'closesAfterMeeting']),
  },
  actions: {
    /** An order to end it was for this meeting, not for the next one. */
    concludeMeeting: words.enqueueActions(({ enqueue }) => {
      enqueue('rememberMeetingEnd');
      enqueue({ type: 'withdraw', params: { keys: ['endMeeting'] } });
    }),
  },
});
