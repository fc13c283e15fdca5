import { LiveKitUnavailableError } from '../../../errors.js';
import { StartFailedError, StartRejectedError, StartTimedOutError } from '../errors.js';
import type { RecordingCommandOptions } from './options.js';
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

/**
 * Waits for the answer to a start. If the process ends before it is known, the recording is returned as it is.
 *
 * @param waitMs the longest wait, milliseconds
 * @param late thrown when the time has passed
 * @throws what `startAnswer` throws
 */
export async function awaitStartAnswer(
  { supervisor, leaving }: Pick<RecordingCommandOptions, 'supervisor' | 'leaving'>,
  recording: RecordingDocument,
  waitMs: number,
  late: Error,
): Promise<RecordingDocument> {
  const decided = await supervisor.observe(recording.uid, hasStartAnswer, waitMs, recording, leaving);
  if (decided === undefined || hasStartAnswer(decided)) return startAnswer(decided, recording.roomId);
  if (leaving.aborted) return decided;
  throw late;
}
