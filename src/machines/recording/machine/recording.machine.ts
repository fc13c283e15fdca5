import { recordingSetup } from './recording.setup.js';

/** The transitions for each way in which LiveKit reports that an egress has ended. */
const ends = [
  {
    guard: 'becameComplete',
    target: '#recording.complete',
    actions: ['announceEgress', 'rememberSnapshot', 'markActive', 'markLimitReached'],
  },
  {
    guard: 'becameFailed',
    target: '#recording.failed',
    actions: ['announceEgress', 'rememberSnapshot', 'markActiveIfRecorded', 'rememberStartError'],
  },
  {
    guard: 'becameAborted',
    target: '#recording.aborted',
    actions: ['announceEgress', 'rememberSnapshot', 'markActiveIfRecorded', 'rememberStartError'],
  },
] as const;

const nowEnding = {
  guard: 'becameEnding',
  target: '#recording.stopping',
  actions: ['announceEgress', 'rememberSnapshot', 'markActive', 'armUploadDeadline'],
} as const;

/** The transitions for an egress that progresses while its recording is still starting. */
const nowOn = [
  { guard: 'becameActive', target: '#recording.active', actions: ['announceEgress', 'rememberSnapshot'] },
  nowEnding,
  ...ends,
] as const;

/** An outcome without a file. A later file completes the recording, or is removed if the start was answered with an error. */
const withoutFile = {
  tags: 'settled',
  initial: 'settling',
  states: {
    settling: { always: [{ guard: 'startFailed', target: 'discarded' }, { target: 'rescuable' }] },
    rescuable: {
      description: 'The file may still turn up: it is looked for, more and more seldom, for a day.',
      entry: 'rescueMedia',
      on: {
        'media.found': { target: '#recording.complete', actions: ['rememberFile', 'clearError'] },
        'media.absent': { guard: 'fileIsNews', actions: 'rememberFile' },
        'egress.observed': { guard: 'becameCompleteOrFailed', actions: ['rememberSnapshot', 'rescueMedia'] },
      },
    },
    discarded: {
      description: 'The start was answered with an error: whatever file appears is removed.',
      entry: 'removeFile',
      on: {
        'egress.observed': [
          { guard: 'bringsNewsOfEnd', actions: ['rememberSnapshot', 'removeFile'] },
          { guard: 'namesEgress', actions: ['rememberSnapshot', 'stopKnownEgress'] },
          { guard: 'bringsNews', actions: ['rememberSnapshot', 'stopKnownEgress'] },
        ],
      },
    },
  },
  always: { guard: 'deletesWhenSettled', target: 'deleted' },
  on: { delete: 'deleted' },
} as const;

/** The state machine of one recording, from the claim on its start to its removal. Pure: no clock, no I/O; time is `event.at`. */
export const recordingMachine = recordingSetup.createMachine({
  id: 'recording',
  context: ({ input }) => input,
  initial: 'starting',
  states: {
    starting: {
      description: 'The egress does not record yet.',
      initial: 'entering',
      on: {
        'room.finished': { guard: 'endsItsRoom', actions: 'rememberRoomFinished' },
        stop: { target: '.cancelling', actions: ['rememberStop', 'rememberCancel'] },
        delete: { target: '.cancelling', actions: ['rememberDelete', 'rememberStop', 'rememberCancel'] },
        'start.refused': [{ guard: 'knowsEgress' }, { target: 'failed', actions: 'rememberStartError' }],
        'start.unknown': [
          { guard: 'clientHasError', target: '.cancelling', actions: ['rememberCancel', 'findEgress'] },
          { guard: 'knowsEgress' },
          { actions: 'findEgress' },
        ],
        'egress.missing': { target: 'failed', actions: ['rememberStartError', 'rememberLoss'] },
      },
      states: {
        entering: { always: [{ guard: 'isAdopted', target: 'awaiting' }, { target: 'requesting' }] },
        requesting: {
          description: 'The claimant calls StartEgress; an instance that takes over looks for what became of the call.',
          entry: ['armStartDeadline', 'startEgress', 'extendHeldLock'],
          on: {
            'egress.observed': [
              { guard: 'becameStarting', target: 'awaiting', actions: ['announceEgress', 'rememberSnapshot'] },
              ...nowOn,
            ],
            'deadline.passed': { guard: 'deadlineIsCurrent', target: 'confirming' },
          },
        },
        awaiting: {
          description: 'LiveKit has accepted the egress.',
          entry: 'armStartDeadlineOnce',
          on: {
            'egress.observed': [...nowOn, { guard: 'bringsNews', actions: ['announceEgress', 'rememberSnapshot'] }],
            'deadline.passed': { guard: 'deadlineIsCurrent', target: 'confirming' },
          },
        },
        confirming: {
          description: 'The start deadline has passed: LiveKit is asked once more whether the egress records.',
          entry: ['armConfirmDeadline', 'askIfRecording'],
          on: {
            'egress.observed': [...nowOn, { guard: 'bringsNews', actions: ['announceEgress', 'rememberSnapshot'] }],
            'deadline.passed': { guard: 'deadlineIsCurrent', target: 'cancelling', actions: 'rememberCancel' },
          },
        },
        cancelling: {
          description: 'The start is undone: the room stays taken until the egress has ended or is proven absent.',
          entry: ['armStopDeadline', 'stopKnownEgress'],
          on: {
            stop: {},
            delete: [{ guard: 'deletionIsNews', actions: 'rememberDelete' }, {}],
            'room.finished': { guard: 'endsItsRoom', actions: ['rememberRoomFinished', 'leaveRoomIfOver'] },
            'start.refused': [
              { guard: 'knowsEgress' },
              { guard: 'wasCancelledByStop', target: '#recording.aborted' },
              { target: '#recording.failed' },
            ],
            'start.unknown': [{ guard: 'knowsEgress' }, { actions: 'findEgress' }],
            'egress.missing': [{ guard: 'wasCancelledByStop', target: '#recording.aborted' }, { target: '#recording.failed' }],
            'recorder.gone': { actions: 'proveDeath' },
            'egress.observed': [
              { guard: 'becameOverAfterStop', target: '#recording.aborted', actions: 'rememberSnapshot' },
              { guard: 'becameOver', target: '#recording.failed', actions: 'rememberSnapshot' },
              {
                guard: 'becameEnding',
                actions: ['announceEgress', 'rememberSnapshot', 'armUploadDeadline', 'leaveRoomIfOver'],
              },
              { guard: 'namesEgress', actions: ['announceEgress', 'rememberSnapshot', 'stopKnownEgress'] },
              {
                // The egress has progressed, so the check whether it is dead is withdrawn.
                guard: 'becameActive',
                actions: ['rememberSnapshot', { type: 'withdraw', params: { keys: ['confirmDeath'] } }, 'stopKnownEgress'],
              },
              { guard: 'bringsNews', actions: 'rememberSnapshot' },
            ],
            'deadline.passed': [
              { guard: 'uploadIsOverdueAfterStop', target: '#recording.aborted' },
              { guard: 'uploadIsOverdue', target: '#recording.failed' },
              { guard: 'stopIsOverdue', actions: ['armStopDeadline', 'stopKnownEgress'] },
              { guard: 'deadlineIsCurrent', actions: ['armStopDeadline', 'findEgress'] },
            ],
          },
        },
      },
    },

    active: {
      description: 'The egress records.',
      entry: ['markActive', 'disarmDeadline', { type: 'withdraw', params: { keys: ['confirmStart'] } }, 'announceActive'],
      on: {
        'egress.observed': [nowEnding, ...ends, { guard: 'bringsNews', actions: 'rememberSnapshot' }],
        stop: { target: 'stopping', actions: ['rememberStop', 'armStopDeadline', 'stopKnownEgress'] },
        delete: {
          target: 'stopping',
          actions: ['rememberDelete', 'rememberStop', 'armStopDeadline', 'stopKnownEgress'],
        },
        'recorder.gone': { actions: 'proveDeath' },
        'egress.missing': { target: 'stopping.lost', actions: 'rememberLoss' },
        'room.finished': { guard: 'endsItsRoom', actions: 'rememberRoomFinished' },
      },
    },

    stopping: {
      description: 'The egress is to end, or has ended unseen.',
      initial: 'ending',
      entry: 'announceEnding',
      on: {
        delete: { guard: 'deletionIsNews', actions: 'rememberDelete' },
        'room.finished': { guard: 'endsItsRoom', actions: ['rememberRoomFinished', 'leaveRoomIfOver'] },
      },
      states: {
        ending: {
          description: 'A stop was asked for or LiveKit showed ENDING: the egress finishes and delivers its file.',
          entry: 'leaveRoomIfOver',
          on: {
            'egress.observed': [
              ...ends,
              { guard: 'becameEnding', actions: ['rememberSnapshot', 'armUploadDeadline', 'leaveRoomIfOver'] },
              { guard: 'bringsNews', actions: 'rememberSnapshot' },
            ],
            'recorder.gone': { guard: 'isNotEnding', actions: 'proveDeath' },
            'egress.missing': { target: 'lost', actions: 'rememberLoss' },
            'deadline.passed': [
              { guard: 'uploadIsOverdue', target: 'lost', actions: 'rememberLoss' },
              { guard: 'deadlineIsCurrent', actions: ['armStopDeadline', 'stopKnownEgress'] },
            ],
          },
        },
        lost: {
          description: 'No egress delivers any more: the media store tells whether the file had been delivered before.',
          entry: [
            'disarmDeadline',
            'freeRoom',
            { type: 'withdraw', params: { keys: ['stopEgress', 'confirmDeath'] } },
            'releaseHeldLock',
            'checkMedia',
          ],
          on: {
            'egress.observed': [
              ...ends,
              { guard: 'becameEnding', target: 'ending', actions: ['rememberSnapshot', 'armUploadDeadline'] },
            ],
            'media.found': { target: '#recording.complete', actions: ['rememberFile', 'clearError'] },
            'media.absent': [
              { guard: 'wasStoppedAsStale', target: '#recording.aborted', actions: 'rememberFile' },
              { target: '#recording.failed', actions: 'rememberFile' },
            ],
          },
        },
      },
    },

    complete: {
      description: 'The egress has delivered a file, which plays.',
      tags: 'settled',
      entry: ['settle', 'verifyMedia', 'announceComplete'],
      always: { guard: 'deletesWhenSettled', target: 'deleted' },
      on: {
        'media.found': { guard: 'fileIsNews', actions: 'rememberFile' },
        'media.absent': { guard: 'fileIsNews', actions: 'rememberFile' },
        delete: 'deleted',
      },
    },

    failed: {
      ...withoutFile,
      description: 'The start or the egress failed, or the egress was lost with its file.',
      entry: ['settle', 'announceFailed'],
    },

    aborted: {
      ...withoutFile,
      description: 'The recording was stopped before it recorded, LiveKit aborted it, or nobody needed it and there is no file.',
      entry: ['settle', 'announceAborted'],
    },

    deleted: {
      description: 'A tombstone: only its identity is kept, so that a late egress is known as ours and its file is removed.',
      tags: 'settled',
      entry: [{ type: 'withdraw', params: { keys: ['verifyMedia', 'rescueMedia'] } }, 'removeFile', 'becomeTombstone'],
      on: {
        'egress.observed': { guard: 'itsEgressEnded', actions: 'removeLateFile' },
      },
    },
  },
});
