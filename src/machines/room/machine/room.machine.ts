import { assign, setup } from 'xstate';

import type { RoomEvent } from '../events.js';
import { planDeletion } from './deletion.js';
import type { RoomContext, RoomStatus } from '../room.js';

type Outcome = Extract<ReturnType<typeof planDeletion>, { outcome: unknown }>['outcome'];

const effect = (): void => undefined;

/** The life of a room: open, in a meeting, closed, deleted, with what was ordered for the end of the meeting. Pure. */
export function createRoomMachine() {
  const machine = setup({
    types: { context: {} as RoomContext, input: {} as RoomContext, events: {} as RoomEvent, tags: {} as 'settled' },
    guards: {
      /** The plan for this deletion, while a meeting is on or not, leads to this outcome. */
      plans: ({ event }, params: { hasMeeting: boolean; outcome: Outcome; endsMeeting?: boolean }) => {
        const plan = planOf(event, params.hasMeeting);
        if (plan === undefined || 'refused' in plan || plan.outcome !== params.outcome) return false;
        return params.endsMeeting === undefined || plan.endsMeeting === params.endsMeeting;
      },
      /** Not the late end of an earlier meeting of the same name. */
      isThisMeeting: ({ context, event }) => event.type === 'meeting.finished' && isSame(context, event.roomSid),
      endsDeleted: ({ context, event }) =>
        event.type === 'meeting.finished' && isSame(context, event.roomSid) && context.meetingEndAction === 'delete',
      endsClosed: ({ context, event }) =>
        event.type === 'meeting.finished' && isSame(context, event.roomSid) && context.meetingEndAction === 'close',
      isOtherEnd: ({ context, event }) =>
        event.type === 'meeting.finished' && event.roomSid !== '' && event.roomSid !== context.finishedMeetingSid,
      isNewMeeting: ({ context, event }) => event.type === 'meeting.started' && event.roomSid !== context.meetingSid,
      hasEndAction: ({ context }) => context.meetingEndAction !== 'none',
      isOtherEndAction: ({ context }) => context.meetingEndAction !== 'close',
    },
    actions: {
      endMeeting: effect,
      deleteRecordings: effect,
      notify: effect as (_: unknown, params: { notice: 'meetingStarted' | 'meetingEnded'; status: RoomStatus }) => void,
      rememberMeeting: assign(({ event }) => (event.type === 'meeting.started' ? { meetingSid: event.roomSid } : {})),
      rememberEnd: assign(({ context, event }) =>
        event.type === 'meeting.finished'
          ? { meetingSid: undefined, finishedMeetingSid: event.roomSid || context.finishedMeetingSid }
          : {},
      ),
      closeAfterwards: assign({ meetingEndAction: 'close' }),
      deleteAfterwards: assign({ meetingEndAction: 'delete' }),
      nothingAfterwards: assign({ meetingEndAction: 'none' }),
      withdraw: effect as (_: unknown, params: { keys: readonly string[] }) => void,
      bury: assign({ deletedAt: ({ event }) => event.at }),
    },
  });

  const dropRecordings = machine.enqueueActions(({ event, enqueue }) => {
    // Also those that are in no list because their egress is not known yet.
    if (event.type === 'delete') enqueue('deleteRecordings');
  });
  const plans = (hasMeeting: boolean, outcome: Outcome, endsMeeting?: boolean) =>
    ({ type: 'plans', params: { hasMeeting, outcome, ...(endsMeeting === undefined ? {} : { endsMeeting }) } }) as const;
  const notifies = (notice: 'meetingStarted' | 'meetingEnded', status: RoomStatus) =>
    ({ type: 'notify', params: { notice, status } }) as const;
  /** The order to end it was for this meeting, not for the next one. */
  const endIt = ['rememberEnd', { type: 'withdraw', params: { keys: ['endMeeting'] } }] as const;
  const idle = {
    'meeting.finished': { guard: 'isOtherEnd', actions: 'rememberEnd' },
    'meeting.started': { target: 'active_meeting', actions: ['rememberMeeting', notifies('meetingStarted', 'active_meeting')] },
    delete: [
      { guard: plans(false, 'at_once'), target: 'deleted', actions: [dropRecordings, 'bury'] },
      { guard: plans(false, 'closed'), target: 'closed' },
    ],
  } as const;

  return machine.createMachine({
    id: 'room',
    context: ({ input }) => input,
    initial: 'open',
    states: {
      open: { on: { ...idle, close: { target: 'closed', actions: 'nothingAfterwards' } } },
      active_meeting: {
        on: {
          'meeting.started': { guard: 'isNewMeeting', actions: 'rememberMeeting' },
          'meeting.finished': [
            {
              guard: 'endsDeleted',
              target: 'deleted',
              actions: [notifies('meetingEnded', 'active_meeting'), 'deleteRecordings', 'bury'],
            },
            {
              guard: 'endsClosed',
              target: 'closed',
              actions: [...endIt, 'nothingAfterwards', notifies('meetingEnded', 'closed')],
            },
            { guard: 'isThisMeeting', target: 'open', actions: [...endIt, notifies('meetingEnded', 'open')] },
          ],
          close: { guard: 'isOtherEndAction', actions: 'closeAfterwards' },
          open: { guard: 'hasEndAction', actions: 'nothingAfterwards' },
          delete: [
            { guard: plans(true, 'delete_after_meeting', true), actions: ['deleteAfterwards', 'endMeeting'] },
            { guard: plans(true, 'delete_after_meeting'), actions: 'deleteAfterwards' },
            { guard: plans(true, 'close_after_meeting', true), actions: ['closeAfterwards', 'endMeeting'] },
            { guard: plans(true, 'close_after_meeting'), actions: 'closeAfterwards' },
          ],
        },
      },
      closed: { on: { ...idle, open: { target: 'open', actions: 'nothingAfterwards' } } },
      deleted: { type: 'final' },
    },
  });
}

function isSame(context: RoomContext, roomSid: string): boolean {
  return context.meetingSid === undefined || context.meetingSid === roomSid;
}

function planOf(event: RoomEvent, hasMeeting: boolean) {
  if (event.type !== 'delete') return undefined;
  const { hasRecordings, withMeeting, withRecordings } = event;
  return planDeletion({ hasMeeting, hasRecordings, withMeeting, withRecordings });
}
