import { LiveKitUnavailableError } from '../../../errors.js';
import { StartFailedError, StartRejectedError, StartTimedOutError } from '../errors.js';
import { type RecordingDocument, topStateOf } from '../recording.js';

/** Whether what became of a start is known: it recorded, it is being undone, or it is over. */
export function hasStartAnswer(recording: RecordingDocument): boolean {
  const { state } = recording.tally;
  return topStateOf(recording) !== 'starting' || (typeof state === 'object' && state.starting === 'cancelling');
}

/**
 * What the client of a start is told, from the committed record alone.
 *
 * @returns the recording when it is or was recording, even if it is over by now
 * @throws StartTimedOutError, StartFailedError, StartRejectedError, LiveKitUnavailableError
 */
export function startAnswer(recording: RecordingDocument | undefined, roomId: string): RecordingDocument {
  if (recording === undefined) throw new StartFailedError(roomId, 'the recording was deleted');
  if (recording.wasActive === true) return recording;
  const { startError, cancelReason } = recording;
  switch (startError?.kind) {
    case 'refused':
    case 'handler':
      throw new StartRejectedError(roomId, startError.message);
    case 'unreachable':
      throw new LiveKitUnavailableError(startError.message);
    case 'capacity':
    case 'late':
    case 'egress':
    case 'lost':
      throw new StartFailedError(roomId, startError.message);
    case undefined:
      break;
  }
  if (cancelReason === 'stop') throw new StartFailedError(roomId, 'it was stopped while starting');
  throw new StartTimedOutError(roomId);
}
