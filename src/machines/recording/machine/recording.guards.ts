import { type EgressObservation, type EgressStatus, isTerminal } from '../../ports/egress-gateway.js';
import type { RecordingEvent } from '../events.js';
import { isOwn, learn, rises } from './observation.js';
import type { RecordingContext } from '../recording.js';

interface Seen {
  context: RecordingContext;
  event: RecordingEvent;
}

/** The event is a snapshot of an egress of which this is true. */
const shows =
  (isTrue: (egress: EgressObservation, recording: RecordingContext) => boolean) =>
  ({ context, event }: Seen): boolean =>
    event.type === 'egress.observed' && isTrue(event.egress, context);

/** Our egress is seen in one of these statuses, further along than ever before. */
const became = (...statuses: EgressStatus[]) =>
  shows((egress, recording) => statuses.includes(egress.status) && isOwn(recording, egress) && rises(recording, egress));

/** What the chart asks before it takes a transition. */
export const recordingGuards = {
  /** It was made for an egress that ran already, so StartEgress is not called. */
  isAdopted: ({ context }: Seen) => context.calledBy === undefined,

  becameStarting: became('STARTING'),
  becameActive: became('ACTIVE'),
  becameEnding: became('ENDING'),
  becameComplete: became('COMPLETE', 'LIMIT_REACHED'),
  becameFailed: became('FAILED'),
  becameAborted: became('ABORTED'),
  becameCompleteOrFailed: became('COMPLETE', 'LIMIT_REACHED', 'FAILED'),
  becameOver: became('COMPLETE', 'LIMIT_REACHED', 'FAILED', 'ABORTED'),
  /** A snapshot of our egress, in any order, that tells something not known yet. */
  bringsNews: shows((egress, recording) => isOwn(recording, egress) && Object.keys(learn(recording, egress)).length > 0),
  /** The first snapshot that names our egress. */
  namesEgress: shows((egress, recording) => recording.egressId === undefined && isOwn(recording, egress)),
  isOfItsEgress: shows((egress, recording) => isOwn(recording, egress)),
  showsEnd: shows(({ status }) => isTerminal(status)),

  knowsEgress: ({ context }: Seen) => context.egressId !== undefined,
  /** The egress has answered StopEgress or shown ENDING: its upload budget runs. */
  isEnding: ({ context }: Seen) => context.endingSince !== undefined,
  deadlineIsCurrent: ({ context, event }: Seen) =>
    event.type === 'deadline.passed' && event.generation === context.deadline?.generation,

  /** The client of the start has its error already. */
  clientHasError: ({ event }: Seen) => event.type === 'start.unknown' && event.cancel,
  startFailed: ({ context }: Seen) => context.startFailed === true,
  wasCancelledByStop: ({ context }: Seen) => context.cancelReason === 'stop',
  /** Nobody was left in its room: without a file it is given up, not failed. */
  wasStoppedAsStale: ({ context }: Seen) => context.stopReason === 'stale',
  deletesWhenSettled: ({ context }: Seen) => context.deleteWhenSettled === true,
  deletionIsNews: ({ context }: Seen) => context.deleteWhenSettled !== true,

  /** The room incarnation that our egress records is over, which was not known yet. */
  endsItsRoom: ({ context, event }: Seen) =>
    event.type === 'room.finished' &&
    context.finishedRoomSid !== event.roomSid &&
    (context.roomSid === undefined || context.roomSid === event.roomSid),
  /** Nothing records any more although the file may still be on its way. */
  hasLeftRoom: ({ context }: Seen) =>
    context.liveKey === context.roomId &&
    context.endingSince !== undefined &&
    context.finishedRoomSid !== undefined &&
    (context.roomSid === undefined || context.roomSid === context.finishedRoomSid),

  /** A file that was found stays found: an answer that says otherwise is an older one. */
  fileIsNews: ({ context, event }: Seen) =>
    event.type === 'media.found' ? context.media !== 'complete' : context.media === undefined,
};
