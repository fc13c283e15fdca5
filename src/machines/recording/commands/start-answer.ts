import { LiveKitUnavailableError } from '../../../errors.js';
import { StartFailedError, StartRejectedError, StartTimedOutError } from '../errors.js';
import { isCancelling, isDeleted, type RecordingDocument, topStateOf } from '../recording.js';

/** Whether the outcome of a start is known: the egress recorded, the start is being undone, or the recording is over. */
export function hasStartAnswer(recording: RecordingDocument): boolean {
  return topStateOf(recording) !== 'starting' || isCancelling(recording);
}

/**
 * The answer to a client's start, from the stored recording alone.
 *
 * @returns the recording when it is or was recording, even if it is over by now
 * @throws StartTimedOutError, StartFailedError, StartRejectedError, LiveKitUnavailableError
 */
export function startAnswer(recording: RecordingDocument | undefined, roomId: string): RecordingDocument {
  if (recording === undefined || isDeleted(recording)) throw new StartFailedError(roomId, 'the recording was deleted');
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
      if (cancelReason === 'stop') throw new StartFailedError(roomId, 'it was stopped while starting');
      throw new StartTimedOutError(roomId);
  }
}
