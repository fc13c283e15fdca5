import { type EgressObservation, type EgressStatus, isTerminal } from '../../ports/egress-gateway.js';
import type { RecordingEvent } from '../events.js';
import { isOwn, learn, rises } from './observation.js';
import type { RecordingContext } from '../recording.js';

interface Seen {
  context: RecordingContext;
  event: RecordingEvent;
}

/** Makes a guard: the event is a snapshot of an egress, and `isTrue` is true of it. */
const shows =
  (isTrue: (egress: EgressObservation, recording: RecordingContext) => boolean) =>
  ({ context, event }: Seen): boolean =>
    event.type === 'egress.observed' && isTrue(event.egress, context);

/** Makes a guard: the snapshot shows our egress in one of these statuses, with a higher rank than ever before. */
const became = (...statuses: EgressStatus[]) =>
  shows((egress, recording) => statuses.includes(egress.status) && isOwn(recording, egress) && rises(recording, egress));

/** The guards of the chart. */
export const recordingGuards = {
  /** The recording was made for an egress that already ran, so StartEgress is not called. */
  isAdopted: ({ context }: Seen) => context.calledBy === undefined,

  becameStarting: became('STARTING'),
  becameActive: became('ACTIVE'),
  becameEnding: became('ENDING'),
  becameComplete: became('COMPLETE', 'LIMIT_REACHED'),
  becameFailed: became('FAILED'),
  becameAborted: became('ABORTED'),
  becameCompleteOrFailed: became('COMPLETE', 'LIMIT_REACHED', 'FAILED'),
  becameOver: became('COMPLETE', 'LIMIT_REACHED', 'FAILED', 'ABORTED'),
  /** A snapshot of our egress, early or late, that contains something new. */
  bringsNews: shows((egress, recording) => isOwn(recording, egress) && Object.keys(learn(recording, egress)).length > 0),
  /** The first snapshot with the id of our egress. */
  namesEgress: shows((egress, recording) => recording.egressId === undefined && isOwn(recording, egress)),
  isOfItsEgress: shows((egress, recording) => isOwn(recording, egress)),
  showsEnd: shows(({ status }) => isTerminal(status)),

  knowsEgress: ({ context }: Seen) => context.egressId !== undefined,
  /** The egress has answered StopEgress or shown ENDING: the time for its upload is running. */
  isEnding: ({ context }: Seen) => context.endingSince !== undefined,
  deadlineIsCurrent: ({ context, event }: Seen) =>
    event.type === 'deadline.passed' && event.generation === context.deadline?.generation,

  /** The client gets an error at once, so the start must be undone. */
  clientHasError: ({ event }: Seen) => event.type === 'start.unknown' && event.cancel,
  startFailed: ({ context }: Seen) => context.startFailed === true,
  wasCancelledByStop: ({ context }: Seen) => context.cancelReason === 'stop',
  /** The recording was stopped because its room was empty: without a file it ends as aborted, not as failed. */
  wasStoppedAsStale: ({ context }: Seen) => context.stopReason === 'stale',
  deletesWhenSettled: ({ context }: Seen) => context.deleteWhenSettled === true,
  deletionIsNews: ({ context }: Seen) => context.deleteWhenSettled !== true,

  /** The LiveKit room that our egress records is over, which was not known yet. */
  endsItsRoom: ({ context, event }: Seen) =>
    event.type === 'room.finished' &&
    context.finishedRoomSid !== event.roomSid &&
    (context.roomSid === undefined || context.roomSid === event.roomSid),
  /** The egress no longer captures and its LiveKit room is over, although the file may not be delivered yet. */
  hasLeftRoom: ({ context }: Seen) =>
    context.liveKey === context.roomId &&
    context.endingSince !== undefined &&
    context.finishedRoomSid !== undefined &&
    (context.roomSid === undefined || context.roomSid === context.finishedRoomSid),

  /** Once the file was found, `media.absent` is ignored, because it is an older answer. */
  fileIsNews: ({ context, event }: Seen) =>
    event.type === 'media.found' ? context.media !== 'complete' : context.media === undefined,
};
