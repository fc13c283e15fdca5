import { setup } from 'xstate';

import { type EgressObservation, isTerminal } from '../../ports/egress-gateway.js';
import type { RecordingEvent } from '../events.js';
import { learn } from './observation.js';
import type { RecordingContext, RecordingStatus, StartError } from '../recording.js';

export type Notice = 'recordingStarted' | 'recordingUpdated' | 'recordingEnded';

const { assign } = setup({ types: { context: {} as RecordingContext, events: {} as RecordingEvent } });

/** Actions that request I/O have no body: the kernel runs the effect with the action's name after the save. */
const effect = (): void => undefined;

/** The actions with which the chart requests I/O. */
export const recordingEffects = {
  startEgress: effect,
  findEgress: effect,
  confirmStart: effect as (_: unknown, params: { generation: number }) => void,
  stopEgress: effect as (_: unknown, params: { egressId: string }) => void,
  confirmDeath: effect as (_: unknown, params: { egressId: string }) => void,
  extendRoomLock: effect as (_: unknown, params: { value: string }) => void,
  releaseRoomLock: effect as (_: unknown, params: { value: string }) => void,
  verifyMedia: effect,
  checkMedia: effect,
  rescueMedia: effect,
  removeMedia: effect as (_: unknown, params: { mediaKey: string; again?: boolean }) => void,
  notify: effect as (_: unknown, params: { notice: Notice; status: RecordingStatus }) => void,
  /** Withdraws pending effects by their keys. */
  withdraw: effect as (_: unknown, params: { keys: readonly string[] }) => void,
};

/** The actions that change the context of the recording. */
export const recordingChanges = {
  rememberSnapshot: assign(({ context, event }) => (event.type === 'egress.observed' ? learn(context, event.egress) : {})),
  markActive: assign({ wasActive: true }),
  /** LiveKit sets the file's start when the pipeline plays: then the egress has recorded, even if ACTIVE was never seen. */
  markActiveIfRecorded: assign(({ event }) =>
    event.type === 'egress.observed' && hasRecorded(event.egress) ? { wasActive: true } : {},
  ),
  markLimitReached: assign(({ event }) =>
    event.type === 'egress.observed' && event.egress.status === 'LIMIT_REACHED' ? { limitReached: true } : {},
  ),
  /** Gives the Idempotency-Key back, too, so that the client can start again with it. */
  markStartFailed: assign(({ context }) => (context.wasActive === true ? {} : { startFailed: true, startKey: context.uid })),
  disarmDeadline: assign({ deadline: undefined }),
  rememberStop: assign(({ event }) => ({
    stopReason: event.type === 'stop' ? event.reason : event.type === 'delete' ? 'delete' : 'request',
    stopRequestedAt: event.at,
  })),
  rememberDelete: assign({ deleteWhenSettled: true }),
  rememberRoomFinished: assign(({ event }) => (event.type === 'room.finished' ? { finishedRoomSid: event.roomSid } : {})),
  rememberCancel: assign(({ context, event }) => ({
    startFailed: true,
    cancelReason: event.type === 'deadline.passed' ? 'deadline' : event.type === 'start.unknown' ? 'refused' : 'stop',
    ...(context.startError === undefined && event.type === 'start.unknown'
      ? { startError: { kind: 'handler', message: event.message } }
      : {}),
  })),
  rememberStartError: assign(({ event }) => startErrorOf(event)),
  /** Frees the unique `liveKey`, so that the room may be recorded again. */
  freeRoom: assign({ liveKey: ({ context }) => context.uid }),
  rememberOutcome: assign(({ context, event }) => ({ settledAt: event.at, liveKey: context.uid, deadline: undefined })),
  rememberFile: assign(({ event }) =>
    event.type === 'media.found' ? { media: 'complete', size: event.size } : { media: 'missing' },
  ),
  clearError: assign({ error: undefined, errorCode: undefined }),
  rememberLoss: assign(({ context, event }) =>
    context.error === undefined
      ? { error: `Recording lost: ${event.type === 'egress.missing' ? event.cause : 'no file was delivered'}` }
      : {},
  ),
  becomeTombstone: assign(({ context, event }) => tombstone(context, event.at)),
};

function hasRecorded(egress: EgressObservation): boolean {
  return isTerminal(egress.status) && egress.file?.startedAt !== undefined;
}

function startErrorOf(event: RecordingEvent): { startError?: StartError } {
  switch (event.type) {
    case 'start.refused':
      return { startError: event.reason };
    case 'egress.missing':
      return { startError: { kind: 'lost', message: event.cause } };
    case 'egress.observed':
      return { startError: { kind: 'egress', message: event.egress.error ?? 'the egress ended before it recorded' } };
    default:
      return {};
  }
}

/** Removes all fields but the identity; unique keys become the uid. */
function tombstone(context: RecordingContext, at: number): Partial<RecordingContext> {
  const emptied = Object.fromEntries(Object.keys(context).map((key) => [key, undefined]));
  const { schemaVersion, uid, roomId } = context;
  return { ...emptied, schemaVersion, uid, roomId, liveKey: uid, startKey: uid, deletedAt: at };
}
