import { setup } from 'xstate';

import { type EgressStatus, isTerminal } from '../../ports/egress-gateway.js';
import type { RecordingEvent } from '../events.js';
import { createChartChanges, type Notice, chartEffects, type RecordingTiming } from './recording.actions.js';
import { chartGuards } from './recording.guards.js';
import type { RecordingContext, RecordingStatus } from '../recording.js';

const SETTLED_WITHDRAWS = [
  'startEgress',
  'findEgress',
  'confirmStart',
  'stopEgress',
  'confirmDeath',
  'extendRoomLock',
  'checkMedia',
  'rescueMedia',
];

/** The words that the chart is written in: what it may ask and do by name, and what it does in several places. */
export function setUpRecording(timing: RecordingTiming) {
  const machine = setup({
    types: {
      context: {} as RecordingContext,
      input: {} as RecordingContext,
      events: {} as RecordingEvent,
      tags: {} as 'settled',
    },
    guards: chartGuards,
    actions: { ...chartEffects, ...createChartChanges(timing) },
  });

  const extendLock = machine.enqueueActions(({ context, enqueue }) => {
    if (context.lockValue !== undefined) enqueue({ type: 'extendRoomLock', params: { value: context.lockValue } });
  });
  const armStartOnce = machine.enqueueActions(({ context, enqueue }) => {
    if (context.deadline === undefined) enqueue('armStart');
  });
  const confirmIt = machine.enqueueActions(({ context, enqueue }) => {
    enqueue({ type: 'confirmStart', params: { generation: context.deadline?.generation ?? 0 } });
  });
  /** Stop the egress, or wait for whoever is finding it. */
  const stopIt = machine.enqueueActions(({ context, enqueue }) => {
    if (context.egressId !== undefined) enqueue({ type: 'stopEgress', params: { egressId: context.egressId } });
  });
  const makeSure = machine.enqueueActions(({ context, enqueue }) => {
    if (context.egressId !== undefined) enqueue({ type: 'confirmDeath', params: { egressId: context.egressId } });
  });
  const releaseLock = machine.enqueueActions(({ context, enqueue }) => {
    if (context.lockValue !== undefined) enqueue({ type: 'releaseRoomLock', params: { value: context.lockValue } });
  });
  const removeFile = machine.enqueueActions(({ context, enqueue }) => {
    const again = mayDeliverYet(context);
    enqueue({ type: 'removeMedia', params: { mediaKey: context.mediaKey, ...(again ? { again } : {}) } });
  });
  const leaveRoomWhenOver = machine.enqueueActions(({ enqueue, check }) => {
    if (check({ type: 'hasLeftRoom' })) {
      enqueue({ type: 'freeRoom' });
      enqueue(releaseLock);
    }
  });
  const notifies = (notice: Notice, status: RecordingStatus) => ({ type: 'notify', params: { notice, status } }) as const;
  /** Before `learn`: the first time the egress is named. */
  const announce = machine.enqueueActions(({ context, enqueue }) => {
    if (context.egressId === undefined) enqueue(notifies('recordingStarted', 'starting'));
  });
  /** A recording that never had an egress ends without a word. */
  const announceEnd = (status: RecordingStatus) =>
    machine.enqueueActions(({ context, enqueue }) => {
      if (context.egressId !== undefined)
        enqueue(notifies('recordingEnded', context.limitReached === true ? 'limit_reached' : status));
    });

  const settle = ['settle', 'markStartFailed', { type: 'withdraw', params: { keys: SETTLED_WITHDRAWS } }, releaseLock] as const;
  const shows = (...statuses: EgressStatus[]) => ({ type: 'shows', params: statuses }) as const;

  return {
    machine,
    shows,
    extendLock,
    armStartOnce,
    confirmIt,
    stopIt,
    makeSure,
    releaseLock,
    removeFile,
    leaveRoomWhenOver,
    notifies,
    announce,
    announceEnd,
    settle,
  };
}

/** Its egress has not been seen to end: it may deliver a file although nobody waits for it. */
function mayDeliverYet({ observation, startError, egressId }: RecordingContext): boolean {
  if (egressId === undefined) return startError === undefined || ['lost', 'handler'].includes(startError.kind);
  return observation === undefined || !isTerminal(observation.status);
}
