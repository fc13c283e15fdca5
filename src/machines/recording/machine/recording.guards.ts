import { type EgressStatus, isTerminal } from '../../ports/egress-gateway.js';
import type { RecordingEvent } from '../events.js';
import { isOwn, learn, rises } from './observation.js';
import type { RecordingContext } from '../recording.js';

interface Seen {
  context: RecordingContext;
  event: RecordingEvent;
}

/** What the chart asks before it takes a transition. */
export const chartGuards = {
  isAdopted: ({ context }: Seen) => context.calledBy === undefined,
  /** Our egress is seen in one of these statuses, further along than ever before. */
  shows: ({ context, event }: Seen, statuses: readonly EgressStatus[]) =>
    event.type === 'egress.observed' &&
    statuses.includes(event.egress.status) &&
    isOwn(context, event.egress) &&
    rises(context, event.egress),
  /** The snapshot is of an end; LiveKit may tell of another one after it, with a file. */
  isOver: ({ event }: Seen) => event.type === 'egress.observed' && isTerminal(event.egress.status),
  /** A snapshot of our egress, in any order, that tells something not known yet. */
  informs: ({ context, event }: Seen) =>
    event.type === 'egress.observed' && isOwn(context, event.egress) && Object.keys(learn(context, event.egress)).length > 0,
  /** Our egress is named for the first time. */
  names: ({ context, event }: Seen) =>
    event.type === 'egress.observed' && context.egressId === undefined && isOwn(context, event.egress),
  isCurrent: ({ context, event }: Seen) => event.type === 'deadline.passed' && event.generation === context.deadline?.generation,
  isUndone: ({ event }: Seen) => event.type === 'start.unknown' && event.cancel,
  knowsEgress: ({ context }: Seen) => context.egressId !== undefined,
  isEnding: ({ context }: Seen) => context.endingSince !== undefined,
  wasStopped: ({ context }: Seen) => context.cancelReason === 'stop',
  /** Nobody had needed it any more: without a file it is given up, not failed. */
  wasStale: ({ context }: Seen) => context.stopReason === 'stale',
  startFailed: ({ context }: Seen) => context.startFailed === true,
  deletesWhenSettled: ({ context }: Seen) => context.deleteWhenSettled === true,
  holdsLock: ({ context }: Seen) => context.lockValue !== undefined,
  /** The room incarnation our egress records is over. */
  isOurRoom: ({ context, event }: Seen) =>
    event.type === 'room.finished' &&
    context.finishedRoomSid !== event.roomSid &&
    (context.roomSid === undefined || context.roomSid === event.roomSid),
  /** Nothing records any more although the file may still be on its way. */
  hasLeftRoom: ({ context }: Seen) =>
    context.liveKey === context.roomId &&
    context.endingSince !== undefined &&
    context.finishedRoomSid !== undefined &&
    (context.roomSid === undefined || context.roomSid === context.finishedRoomSid),
  /** Not that of another egress, whose webhook came here by our uid. */
  isItsFile: ({ context, event }: Seen) =>
    event.type === 'media.found' && (event.egressId === undefined || event.egressId === context.egressId),
  /** A file that was found stays found: an answer that says otherwise is an older one. */
  isMediaNews: ({ context, event }: Seen) =>
    event.type === 'media.found' ? context.media !== 'complete' : context.media === undefined,
  isDeletionNews: ({ context }: Seen) => context.deleteWhenSettled !== true,
};
