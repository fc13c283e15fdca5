import { and, not } from 'xstate';

import type { RecordingTiming } from './recording.actions.js';
import { setUpRecording } from './recording.setup.js';

/** The life of one recording, from the claim on its start to its removal. Pure: no clock, no I/O; time is `event.at`. */
export function createRecordingMachine(timing: RecordingTiming) {
  const words = setUpRecording(timing);
  const { machine, shows, extendLock, armStartOnce, confirmIt, stopIt, makeSure, releaseLock, removeFile } = words;
  const { leaveRoomWhenOver, notifies, announce, announceEnd, settle } = words;

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
            entry: ['armStart', 'startEgress', extendLock],
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
            entry: armStartOnce,
            on: {
              'egress.observed': [showsActive, showsEnding, ...ends, { guard: 'informs', actions: [announce, 'learn'] }],
              'deadline.passed': { guard: 'isCurrent', target: 'confirming' },
            },
          },
          /** The time is over: LiveKit is asked once whether it records after all. */
          confirming: {
            entry: ['armConfirm', confirmIt],
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
