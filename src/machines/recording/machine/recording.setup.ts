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

/** What only a recording that has not settled owes. */
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
    /** While its id is unknown the wish is remembered: whoever finds the egress names it, and it is stopped then. */
    stopKnownEgress: ofEgress('stopEgress'),
    proveDeath: ofEgress('confirmDeath'),
    extendHeldLock: ofLock('extendRoomLock'),
    releaseHeldLock: ofLock('releaseRoomLock'),
    removeFile: words.enqueueActions(({ context, enqueue }) => {
      const again = mayDeliverYet(context);
      enqueue({ type: 'removeMedia', params: { mediaKey: context.mediaKey, ...(again ? { again } : {}) } });
    }),
    /** Of a tombstone, which keeps no key. */
    removeLateFile: words.enqueueActions(({ context, enqueue }) => {
      enqueue({ type: 'removeMedia', params: { mediaKey: mediaKeyOf(context) } });
    }),

    /** Before the snapshot is remembered: the first one that names the egress is told of. */
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

/** The words that the chart is written in. */
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

/** An effect on its egress, once that is known. */
function ofEgress(type: 'stopEgress' | 'confirmDeath') {
  return words.enqueueActions(({ context: { egressId }, enqueue }) => {
    if (egressId !== undefined) enqueue({ type, params: { egressId } });
  });
}

/** An effect on the room lock that it was started under. */
function ofLock(type: 'extendRoomLock' | 'releaseRoomLock') {
  return words.enqueueActions(({ context: { lockValue: value }, enqueue }) => {
    if (value !== undefined) enqueue({ type, params: { value } });
  });
}

function notice(name: Notice, status: RecordingStatus) {
  return { type: 'notify', params: { notice: name, status } } as const;
}

/** A recording that never had an egress ends without a notice. */
function announcedEnd(status: RecordingStatus) {
  return words.enqueueActions(({ context, enqueue }) => {
    if (context.egressId === undefined) return;
    enqueue(notice('recordingEnded', context.limitReached === true ? 'limit_reached' : status));
  });
}

/** Its egress has not been seen to end: it may deliver a file although nobody waits for it. */
function mayDeliverYet({ observation, startError, egressId }: RecordingContext): boolean {
  if (egressId === undefined) return startError === undefined || ['lost', 'handler'].includes(startError.kind);
  return observation === undefined || !isTerminal(observation.status);
}
