import { and, assign, not, setup } from 'xstate';

import { type EgressObservation, type EgressStatus, isTerminal, type RecordingEvent } from './events.js';
import { isOwn, learn, rises } from './observation.js';
import type { RecordingContext, RecordingStatus, StartError } from './recording.js';

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

type Notice = 'recordingStarted' | 'recordingUpdated' | 'recordingEnded';

/** Actions that name I/O have no body here: whoever hosts the machine runs them after the save. */
const effect = (): void => undefined;

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

/** The life of one recording, from the claim on its start to its removal. Pure: no clock, no I/O; time is `event.at`. */
export function createRecordingMachine(timing: RecordingTiming) {
  const arm = (context: RecordingContext, at: number, afterMs: number) => {
    const generation = (context.deadlineCount ?? 0) + 1;
    return { deadline: { at: at + afterMs, generation }, deadlineCount: generation };
  };

  const machine = setup({
    types: {
      context: {} as RecordingContext,
      input: {} as RecordingContext,
      events: {} as RecordingEvent,
      tags: {} as 'settled',
    },
    guards: {
      isAdopted: ({ context }) => context.calledBy === undefined,
      /** Our egress is seen in one of these statuses, further along than ever before. */
      shows: ({ context, event }, statuses: readonly EgressStatus[]) =>
        event.type === 'egress.observed' &&
        statuses.includes(event.egress.status) &&
        isOwn(context, event.egress) &&
        rises(context, event.egress),
      /** The snapshot is of an end; LiveKit may tell of another one after it, with a file. */
      isOver: ({ event }) => event.type === 'egress.observed' && isTerminal(event.egress.status),
      /** A snapshot of our egress, in any order, that tells something not known yet. */
      informs: ({ context, event }) =>
        event.type === 'egress.observed' && isOwn(context, event.egress) && Object.keys(learn(context, event.egress)).length > 0,
      /** Our egress is named for the first time. */
      names: ({ context, event }) =>
        event.type === 'egress.observed' && context.egressId === undefined && isOwn(context, event.egress),
      isCurrent: ({ context, event }) => event.type === 'deadline.passed' && event.generation === context.deadline?.generation,
      isUndone: ({ event }) => event.type === 'start.unknown' && event.cancel,
      knowsEgress: ({ context }) => context.egressId !== undefined,
      isEnding: ({ context }) => context.endingSince !== undefined,
      wasStopped: ({ context }) => context.cancelReason === 'stop',
      /** Nobody had needed it any more: without a file it is given up, not failed. */
      wasStale: ({ context }) => context.stopReason === 'stale',
      startFailed: ({ context }) => context.startFailed === true,
      deletesWhenSettled: ({ context }) => context.deleteWhenSettled === true,
      holdsLock: ({ context }) => context.lockValue !== undefined,
      /** The room incarnation our egress records is over. */
      isOurRoom: ({ context, event }) =>
        event.type === 'room.finished' &&
        context.finishedRoomSid !== event.roomSid &&
        (context.roomSid === undefined || context.roomSid === event.roomSid),
      /** Nothing records any more although the file may still be on its way. */
      hasLeftRoom: ({ context }) =>
        context.liveKey === context.roomId &&
        context.endingSince !== undefined &&
        context.finishedRoomSid !== undefined &&
        (context.roomSid === undefined || context.roomSid === context.finishedRoomSid),
      /** Not that of another egress, whose webhook came here by our uid. */
      isItsFile: ({ context, event }) =>
        event.type === 'media.found' && (event.egressId === undefined || event.egressId === context.egressId),
      /** A file that was found stays found: an answer that says otherwise is an older one. */
      isMediaNews: ({ context, event }) =>
        event.type === 'media.found' ? context.media !== 'complete' : context.media === undefined,
      isDeletionNews: ({ context }) => context.deleteWhenSettled !== true,
    },
    actions: {
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
    },
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

  /** An end, whatever came before it. */
  const ends = [
    {
      guard: shows('COMPLETE', 'LIMIT_REACHED'),
      target: '#recording.complete',
      actions: [announce, 'learn', 'markActive', 'markLimit'],
    },
    {
      guard: shows('FAILED'),
      target: '#recording.failed',
      actions: [announce, 'learn', 'markActiveIfRecorded', 'rememberStartError'],
    },
    {
      guard: shows('ABORTED'),
      target: '#recording.aborted',
      actions: [announce, 'learn', 'markActiveIfRecorded', 'rememberStartError'],
    },
  ] as const;
  const showsActive = { guard: shows('ACTIVE'), target: '#recording.active', actions: [announce, 'learn'] } as const;
  const showsEnding = {
    guard: shows('ENDING'),
    target: '#recording.stopping',
    actions: [announce, 'learn', 'markActive', 'armUpload'],
  } as const;

  return machine.createMachine({
    id: 'recording',
    context: ({ input }) => input,
    initial: 'starting',
    states: {
      starting: {
        initial: 'entering',
        on: {
          'room.finished': { guard: 'isOurRoom', actions: 'rememberRoomFinished' },
          stop: { target: '.cancelling', actions: ['rememberStop', 'rememberCancel'] },
          delete: { target: '.cancelling', actions: ['rememberDelete', 'rememberStop', 'rememberCancel'] },
          'start.refused': [{ guard: 'knowsEgress' }, { target: 'failed', actions: 'rememberStartError' }],
          'start.unknown': [
            { guard: 'isUndone', target: '.cancelling', actions: ['rememberCancel', 'findEgress'] },
            { guard: 'knowsEgress' },
            { actions: 'findEgress' },
          ],
          'egress.missing': { target: 'failed', actions: ['rememberStartError', 'explainLoss'] },
        },
        states: {
          entering: { always: [{ guard: 'isAdopted', target: 'awaiting' }, { target: 'requesting' }] },
          /** The claimant is calling StartEgress, or whoever took over is looking for what became of the call. */
          requesting: {
            entry: [
              'armStart',
              'startEgress',
              machine.enqueueActions(({ context, enqueue }) => {
                if (context.lockValue !== undefined) enqueue({ type: 'extendRoomLock', params: { value: context.lockValue } });
              }),
            ],
            on: {
              'egress.observed': [
                { guard: shows('STARTING'), target: 'awaiting', actions: [announce, 'learn'] },
                showsActive,
                showsEnding,
                ...ends,
              ],
              'deadline.passed': { guard: 'isCurrent', target: 'confirming' },
            },
          },
          /** The egress is accepted and does not record yet. */
          awaiting: {
            entry: machine.enqueueActions(({ context, enqueue }) => {
              if (context.deadline === undefined) enqueue('armStart');
            }),
            on: {
              'egress.observed': [showsActive, showsEnding, ...ends, { guard: 'informs', actions: [announce, 'learn'] }],
              'deadline.passed': { guard: 'isCurrent', target: 'confirming' },
            },
          },
          /** The time is over: LiveKit is asked once whether it records after all. */
          confirming: {
            entry: [
              'armConfirm',
              machine.enqueueActions(({ context, enqueue }) => {
                enqueue({ type: 'confirmStart', params: { generation: context.deadline?.generation ?? 0 } });
              }),
            ],
            on: {
              'egress.observed': [showsActive, showsEnding, ...ends, { guard: 'informs', actions: [announce, 'learn'] }],
              'deadline.passed': { guard: 'isCurrent', target: 'cancelling', actions: 'rememberCancel' },
            },
          },
          /** The start is being undone; the room stays taken until the egress has ended or is proven absent. */
          cancelling: {
            entry: ['armStop', stopIt],
            on: {
              stop: {},
              delete: [{ guard: 'isDeletionNews', actions: 'rememberDelete' }, {}],
              'room.finished': { guard: 'isOurRoom', actions: ['rememberRoomFinished', leaveRoomWhenOver] },
              'start.refused': [
                { guard: 'knowsEgress' },
                { guard: 'wasStopped', target: '#recording.aborted' },
                { target: '#recording.failed' },
              ],
              'start.unknown': [{ guard: 'knowsEgress' }, { actions: 'findEgress' }],
              'egress.missing': [{ guard: 'wasStopped', target: '#recording.aborted' }, { target: '#recording.failed' }],
              'recorder.gone': { actions: makeSure },
              'egress.observed': [
                {
                  guard: and([shows('COMPLETE', 'LIMIT_REACHED', 'FAILED', 'ABORTED'), 'wasStopped']),
                  target: '#recording.aborted',
                  actions: 'learn',
                },
                { guard: shows('COMPLETE', 'LIMIT_REACHED', 'FAILED', 'ABORTED'), target: '#recording.failed', actions: 'learn' },
                { guard: shows('ENDING'), actions: [announce, 'learn', 'armUpload', leaveRoomWhenOver] },
                { guard: 'names', actions: [announce, 'learn', stopIt] },
                // What made its death likely is void: it went on.
                { guard: shows('ACTIVE'), actions: ['learn', { type: 'withdraw', params: { keys: ['confirmDeath'] } }, stopIt] },
                { guard: 'informs', actions: 'learn' },
              ],
              'deadline.passed': [
                { guard: and(['isCurrent', 'isEnding', 'wasStopped']), target: '#recording.aborted' },
                { guard: and(['isCurrent', 'isEnding']), target: '#recording.failed' },
                { guard: and(['isCurrent', 'knowsEgress']), actions: ['armStop', stopIt] },
                { guard: 'isCurrent', actions: ['armStop', 'findEgress'] },
              ],
            },
          },
        },
      },

      active: {
        entry: [
          'markActive',
          'disarm',
          { type: 'withdraw', params: { keys: ['confirmStart'] } },
          notifies('recordingUpdated', 'active'),
        ],
        on: {
          'egress.observed': [showsEnding, ...ends, { guard: 'informs', actions: 'learn' }],
          stop: { target: 'stopping', actions: ['rememberStop', 'armStop', stopIt] },
          delete: { target: 'stopping', actions: ['rememberDelete', 'rememberStop', 'armStop', stopIt] },
          'recorder.gone': { actions: makeSure },
          'egress.missing': { target: 'stopping.lost', actions: 'explainLoss' },
          'room.finished': { guard: 'isOurRoom', actions: 'rememberRoomFinished' },
        },
      },

      stopping: {
        initial: 'ending',
        entry: notifies('recordingUpdated', 'ending'),
        on: {
          delete: { guard: 'isDeletionNews', actions: 'rememberDelete' },
          'room.finished': { guard: 'isOurRoom', actions: ['rememberRoomFinished', leaveRoomWhenOver] },
        },
        states: {
          /** A stop is asked for or ENDING was seen: the egress finishes and delivers its file. */
          ending: {
            entry: leaveRoomWhenOver,
            on: {
              'egress.observed': [
                ...ends,
                { guard: shows('ENDING'), actions: ['learn', 'armUpload', leaveRoomWhenOver] },
                { guard: 'informs', actions: 'learn' },
              ],
              'recorder.gone': { guard: not('isEnding'), actions: makeSure },
              'egress.missing': { target: 'lost', actions: 'explainLoss' },
              'deadline.passed': [
                { guard: and(['isCurrent', 'isEnding']), target: 'lost', actions: 'explainLoss' },
                { guard: 'isCurrent', actions: ['armStop', stopIt] },
              ],
            },
          },
          /** No egress delivers any more; the media store says whether it had delivered before. */
          lost: {
            entry: [
              'disarm',
              'freeRoom',
              { type: 'withdraw', params: { keys: ['stopEgress', 'confirmDeath'] } },
              releaseLock,
              'checkMedia',
            ],
            on: {
              'egress.observed': [...ends, { guard: shows('ENDING'), target: 'ending', actions: ['learn', 'armUpload'] }],
              'media.found': { guard: 'isItsFile', target: '#recording.complete', actions: ['takeFile', 'clearError'] },
              'media.absent': [
                { guard: 'wasStale', target: '#recording.aborted', actions: 'takeFile' },
                { target: '#recording.failed', actions: 'takeFile' },
              ],
            },
          },
        },
      },

      complete: {
        tags: 'settled',
        entry: [...settle, 'verifyMedia', announceEnd('complete')],
        always: { guard: 'deletesWhenSettled', target: 'deleted' },
        on: {
          'media.found': {
            guard: and(['isItsFile', 'isMediaNews']),
            actions: ['takeFile', { type: 'withdraw', params: { keys: ['verifyMedia'] } }],
          },
          'media.absent': { guard: 'isMediaNews', actions: 'takeFile' },
          delete: 'deleted',
        },
      },

      failed: withoutFile('failed'),
      aborted: withoutFile('aborted'),

      deleted: {
        type: 'final',
        entry: [{ type: 'withdraw', params: { keys: ['verifyMedia', 'rescueMedia'] } }, removeFile, 'bury'],
      },
    },
  });

  /** An outcome without a file: one that turns up is taken in, or removed after a start that was answered with an error. */
  function withoutFile(outcome: 'failed' | 'aborted') {
    return {
      tags: 'settled',
      entry: [...settle, announceEnd(outcome)],
      initial: 'settling',
      states: {
        settling: { always: [{ guard: 'startFailed', target: 'discarded' }, { target: 'rescuable' }] },
        rescuable: {
          entry: 'rescueMedia',
          on: {
            'media.found': { guard: 'isItsFile', target: '#recording.complete', actions: ['takeFile', 'clearError'] },
            'media.absent': { guard: 'isMediaNews', actions: 'takeFile' },
            'egress.observed': { guard: shows('COMPLETE', 'LIMIT_REACHED', 'FAILED'), actions: ['learn', 'rescueMedia'] },
          },
        },
        discarded: {
          entry: removeFile,
          on: {
            'egress.observed': [
              { guard: and(['isOver', 'informs']), actions: ['learn', removeFile] },
              { guard: 'names', actions: ['learn', stopIt] },
              { guard: 'informs', actions: ['learn', stopIt] },
            ],
          },
        },
      },
      always: { guard: 'deletesWhenSettled', target: 'deleted' },
      on: { delete: 'deleted' },
    } as const;
  }
}

function hasRecorded(egress: EgressObservation): boolean {
  return isTerminal(egress.status) && egress.file?.startedAt !== undefined;
}

/** Its egress has not been seen to end: it may deliver a file although nobody waits for it. */
function mayDeliverYet({ observation, startError, egressId }: RecordingContext): boolean {
  if (egressId === undefined) return startError === undefined || ['lost', 'handler'].includes(startError.kind);
  return observation === undefined || !isTerminal(observation.status);
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
