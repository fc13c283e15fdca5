import { setup } from 'xstate';

import { type EgressObservation, isTerminal } from '../../ports/egress-gateway.js';
import type { RecordingEvent } from '../events.js';
import { learn } from './observation.js';
import type { RecordingContext, RecordingStatus, StartError } from '../recording.js';

/** Durations the chart arms its deadlines with, milliseconds. */
export interface RecordingTiming {
  /** From the start until it must record. */
  startTimeoutMs: number;
  /** How long LiveKit is asked once more when that time is over. */
  confirmMs: number;
  /** From a stop until LiveKit must have shown ENDING; then it is stopped again. */
  stopTimeoutMs: number;
  /** From ENDING until the file must have been delivered. */
  uploadBudgetMs: number;
  /** How long a deleted recording is remembered. */
  tombstoneMs: number;
}

export type Notice = 'recordingStarted' | 'recordingUpdated' | 'recordingEnded';

const { assign } = setup({ types: { context: {} as RecordingContext, events: {} as RecordingEvent } });

/** Actions that name I/O have no body here: whoever hosts the machine runs them after the save. */
const effect = (): void => undefined;

/** The I/O that the chart asks for by name. */
export const chartEffects = {
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
  withdraw: effect as (_: unknown, params: { keys: string[] }) => void,
};

/** What the chart keeps in the recording. */
export function createChartChanges(timing: RecordingTiming) {
  const arm = (context: RecordingContext, at: number, afterMs: number) => {
    const generation = (context.deadlineCount ?? 0) + 1;
    return { deadline: { at: at + afterMs, generation }, deadlineCount: generation };
  };

  return {
    learn: assign(({ context, event }) => (event.type === 'egress.observed' ? learn(context, event.egress) : {})),
    markActive: assign({ wasActive: true }),
    /** The file's own start is set when the pipeline plays: the egress recorded, even if nobody saw it ACTIVE. */
    markActiveIfRecorded: assign(({ event }) =>
      event.type === 'egress.observed' && hasRecorded(event.egress) ? { wasActive: true } : {},
    ),
    armStart: assign(({ context }) => arm(context, context.createdAt, timing.startTimeoutMs)),
    armConfirm: assign(({ context, event }) => arm(context, event.at, timing.confirmMs)),
    armStop: assign(({ context, event }) => arm(context, event.at, timing.stopTimeoutMs)),
    armUpload: assign(({ context, event }) =>
      context.endingSince !== undefined ? {} : { endingSince: event.at, ...arm(context, event.at, timing.uploadBudgetMs) },
    ),
    disarm: assign({ deadline: undefined }),
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
    /** The room may be recorded again. */
    freeRoom: assign({ liveKey: ({ context }) => context.uid }),
    settle: assign(({ context, event }) => ({ settledAt: event.at, liveKey: context.uid, deadline: undefined })),
    markStartFailed: assign(({ context }) => (context.wasActive === true ? {} : { startFailed: true })),
    markLimit: assign(({ event }) =>
      event.type === 'egress.observed' && event.egress.status === 'LIMIT_REACHED' ? { limitReached: true } : {},
    ),
    takeFile: assign(({ context, event }) =>
      event.type === 'media.found'
        ? {
            media: 'complete',
            size: event.size,
            ...(context.duration === undefined && event.duration !== undefined ? { duration: event.duration } : {}),
          }
        : { media: 'missing' },
    ),
    clearError: assign({ error: undefined, errorCode: undefined }),
    explainLoss: assign(({ context, event }) =>
      context.error === undefined
        ? { error: `Recording lost: ${event.type === 'egress.missing' ? event.cause : 'no file was delivered'}` }
        : {},
    ),
    bury: assign(({ context, event }) => tombstone(context, event.at)),
  };
}

function hasRecorded(egress: EgressObservation): boolean {
  return isTerminal(egress.status) && egress.file?.startedAt !== undefined;
}

function startErrorOf(event: RecordingEvent): { startError?: StartError } {
  switch (event.type) {
    case 'start.refused':
      return {
        startError: { kind: event.reason.kind === 'livekit' ? 'refused' : event.reason.kind, message: event.reason.message },
      };
    case 'egress.missing':
      return { startError: { kind: 'lost', message: event.cause } };
    case 'egress.observed':
      return { startError: { kind: 'egress', message: event.egress.error ?? 'the egress ended before it recorded' } };
    default:
      return {};
  }
}

/** All but the identity goes; keys that must stay unique become the uid. */
function tombstone(context: RecordingContext, at: number): Partial<RecordingContext> {
  const emptied = Object.fromEntries(Object.keys(context).map((key) => [key, undefined]));
  const { schemaVersion, uid, roomId } = context;
  return { ...emptied, schemaVersion, uid, roomId, liveKey: uid, startKey: uid, deletedAt: at };
}
