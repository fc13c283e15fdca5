import { and, not, setup } from 'xstate';

import { isTerminal } from '../../ports/egress-gateway.js';
import type { RecordingEvent } from '../events.js';
import { mediaKeyOf } from '../media-key.js';
import type { RecordingContext, RecordingStatus } from '../recording.js';
import { type Notice, recordingChanges, recordingEffects } from './recording.actions.js';
import { unarmedDeadlines } from './recording.deadlines.js';
import { recordingGuards } from './recording.guards.js';

const words = setup({
  types: {
    context: {} as RecordingContext,
    input: {} as RecordingContext,
    events: {} as RecordingEvent,
    tags: {} as 'settled',
  },
  guards: recordingGuards,
  actions: { ...recordingEffects, ...recordingChanges, ...unarmedDeadlines },
});

/** The effects that are withdrawn when a recording settles. */
const UNTIL_SETTLED = [
  ...['startEgress', 'findEgress', 'confirmStart', 'stopEgress', 'confirmDeath'],
  ...['extendRoomLock', 'checkMedia', 'rescueMedia'],
];

const phrases = words.extend({
  guards: {
    becameOverAfterStop: and(['becameOver', 'wasCancelledByStop']),
    bringsNewsOfEnd: and(['showsEnd', 'bringsNews']),
    itsEgressEnded: and(['isOfItsEgress', 'showsEnd']),
    isNotEnding: not('isEnding'),
    uploadIsOverdue: and(['deadlineIsCurrent', 'isEnding']),
    uploadIsOverdueAfterStop: and(['deadlineIsCurrent', 'isEnding', 'wasCancelledByStop']),
    stopIsOverdue: and(['deadlineIsCurrent', 'knowsEgress']),
  },
  actions: {
    armStartDeadlineOnce: words.enqueueActions(({ context, enqueue }) => {
      if (context.deadline === undefined) enqueue('armStartDeadline');
    }),
    askIfRecording: words.enqueueActions(({ context, enqueue }) => {
      enqueue({ type: 'confirmStart', params: { generation: context.deadline?.generation ?? 0 } });
    }),
    /** Does nothing while the egress id is unknown: the first snapshot with the id then requests the stop. */
    stopKnownEgress: ofEgress('stopEgress'),
    proveDeath: ofEgress('confirmDeath'),
    extendHeldLock: ofLock('extendRoomLock'),
    releaseHeldLock: ofLock('releaseRoomLock'),
    removeFile: words.enqueueActions(({ context, enqueue }) => {
      const again = mayDeliverYet(context);
      enqueue({ type: 'removeMedia', params: { mediaKey: context.mediaKey, ...(again ? { again } : {}) } });
    }),
    /** Removes the file of a tombstone, whose context does not contain the media key. */
    removeLateFile: words.enqueueActions(({ context, enqueue }) => {
      enqueue({ type: 'removeMedia', params: { mediaKey: mediaKeyOf(context) } });
    }),

    /** Runs before `rememberSnapshot`: only the first snapshot with the egress id makes a notice. */
    announceEgress: words.enqueueActions(({ context, enqueue }) => {
      if (context.egressId === undefined) enqueue(notice('recordingStarted', 'starting'));
    }),
    announceActive: words.enqueueActions(({ enqueue }) => enqueue(notice('recordingUpdated', 'active'))),
    announceEnding: words.enqueueActions(({ enqueue }) => enqueue(notice('recordingUpdated', 'ending'))),
    announceComplete: announcedEnd('complete'),
    announceFailed: announcedEnd('failed'),
    announceAborted: announcedEnd('aborted'),
  },
});

/** The guards and actions with which the chart is written. */
export const recordingSetup = phrases.extend({
  actions: {
    settle: phrases.enqueueActions(({ enqueue }) => {
      enqueue('rememberOutcome');
      enqueue('markStartFailed');
      enqueue({ type: 'withdraw', params: { keys: UNTIL_SETTLED } });
      enqueue('releaseHeldLock');
    }),
    leaveRoomIfOver: phrases.enqueueActions(({ enqueue, check }) => {
      if (!check('hasLeftRoom')) return;
      enqueue('freeRoom');
      enqueue('releaseHeldLock');
    }),
  },
});

/** Requests an effect on the recording's egress, if its id is known. */
function ofEgress(type: 'stopEgress' | 'confirmDeath') {
  return words.enqueueActions(({ context: { egressId }, enqueue }) => {
    if (egressId !== undefined) enqueue({ type, params: { egressId } });
  });
}

/** Requests an effect on the room lock of the start, if there is one. */
function ofLock(type: 'extendRoomLock' | 'releaseRoomLock') {
  return words.enqueueActions(({ context: { lockValue: value }, enqueue }) => {
    if (value !== undefined) enqueue({ type, params: { value } });
  });
}

function notice(name: Notice, status: RecordingStatus) {
  return { type: 'notify', params: { notice: name, status } } as const;
}

/** Requests the notice of an end, but not for a recording that never had an egress. */
function announcedEnd(status: RecordingStatus) {
  return words.enqueueActions(({ context, enqueue }) => {
    if (context.egressId === undefined) return;
    enqueue(notice('recordingEnded', context.limitReached === true ? 'limit_reached' : status));
  });
}

/** Whether the egress may still deliver a file, because it has not been seen to end. */
function mayDeliverYet({ observation, startError, egressId }: RecordingContext): boolean {
  if (egressId === undefined) return startError === undefined || ['lost', 'handler'].includes(startError.kind);
  return observation === undefined || !isTerminal(observation.status);
}
