import { and, setup } from 'xstate';

import type { RoomEvent } from '../events.js';
import type { RoomContext, RoomStatus } from '../room.js';
import { type AllowedDeletion, planDeletion } from './deletion.js';

interface Seen {
  context: RoomContext;
  event: RoomEvent;
}

/** Makes a guard: the event is a deletion, and `isSuch` is true of its plan. `hasMeeting` says whether a meeting is on in this state. */
const plans =
  (hasMeeting: boolean, isSuch: (plan: AllowedDeletion) => boolean) =>
  ({ event }: Seen): boolean => {
    if (event.type !== 'delete') return false;
    const plan = planDeletion({ hasMeeting, ...event });
    return 'outcome' in plan && isSuch(plan);
  };

/** Actions that request I/O have no body: the kernel runs the effect with the action's name after the save. */
const effect = (): void => undefined;

const { assign } = setup({ types: { context: {} as RoomContext, events: {} as RoomEvent } });

const words = setup({
  types: { context: {} as RoomContext, input: {} as RoomContext, events: {} as RoomEvent, tags: {} as 'settled' },
  guards: {
    isDeletedAtOnce: plans(false, ({ outcome }) => outcome === 'at_once'),
    isClosedInstead: plans(false, ({ outcome }) => outcome === 'closed'),
    isDeletedAfterMeeting: plans(true, ({ outcome }) => outcome === 'delete_after_meeting'),
    isClosedAfterMeeting: plans(true, ({ outcome }) => outcome === 'close_after_meeting'),
    /** The deletion ends the meeting. */
    meetingIsEnded: plans(true, ({ endsMeeting }) => endsMeeting),

    meetingIsNews: ({ context, event }: Seen) => event.type === 'meeting.started' && event.roomSid !== context.meetingSid,
    /** The end of the current meeting, not the late end of an earlier meeting of the same name. */
    endsMeeting: ({ context, event }: Seen) =>
      event.type === 'meeting.finished' && (context.meetingSid === undefined || context.meetingSid === event.roomSid),
    /** The end of a meeting that was not known to be over; a late start of the same meeting is then ignored. */
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
    /** Withdraws pending effects by their keys. */
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

/** The guards and actions with which the chart is written. */
export const roomSetup = words.extend({
  guards: {
    isDeletedByEndingMeeting: and(['isDeletedAfterMeeting', 'meetingIsEnded']),
    isClosedByEndingMeeting: and(['isClosedAfterMeeting', 'meetingIsEnded']),
    endsMeetingAndRoom: and(['endsMeeting', 'deletesAfterMeeting']),
    endsMeetingAndCloses: and(['endsMeeting', 'closesAfterMeeting']),
  },
  actions: {
    /** Also withdraws a pending `endMeeting`, which must not end the next meeting. */
    concludeMeeting: words.enqueueActions(({ enqueue }) => {
      enqueue('rememberMeetingEnd');
      enqueue({ type: 'withdraw', params: { keys: ['endMeeting'] } });
    }),
  },
});
