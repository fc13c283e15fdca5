import { deleteRecording } from './delete.js';
import { getPlayableRecording, getRecording, recordableRoom } from './get.js';
import type { RecordingCommandOptions } from './options.js';
import type { StartRequest } from './repeated-start.js';
import { startRecording } from './start.js';
import { stopRecording } from './stop.js';

export type RecordingCommands = ReturnType<typeof createRecordingCommands>;

/**
 * Commands of clients on recordings. Every method may throw StoreUnavailableError (retryable); an id is the public
 * `{roomId}--{egressId}--{uid}`, also with `EG_PENDING` in the middle.
 */
export function createRecordingCommands(options: RecordingCommandOptions) {
  return {
    /** A room whose recordings may be started and stopped. @throws RoomNotFoundError, RecordingDisabledError */
    recordableRoom: (roomId: string) => recordableRoom(options.rooms, roomId),
    /**
     * Start recording a room and wait until the egress records, the start fails or the start deadline (30 s) passes. A client
     * that disconnects does not cancel the start.
     *
     * @returns the recording: it is or was recording (or, with `respondAsync` and when the process ends, it is stored)
     * @throws RoomNotFoundError (the room was deleted meanwhile), RecordingAlreadyActiveError, NoParticipantsError,
     *   StartTimedOutError, StartFailedError, StartRejectedError, LiveKitUnavailableError, LocksUnavailableError,
     *   IdempotencyMismatchError, IdempotencyInProgressError, StoppingError (the process ends, and nothing is stored)
     */
    start: (request: StartRequest) => startRecording(options, request),
    /**
     * Stop an active recording; waits at most 5 s for LiveKit's answer, which carries the duration.
     *
     * @throws RecordingNotFoundError, RecordingAlreadyStoppedError, RecordingStillStartingError
     */
    stop: (recordingId: string) => stopRecording(options, recordingId),
    /** @throws RecordingNotFoundError no such recording, deleted, or the id names another egress */
    get: (recordingId: string) => getRecording(options.store, recordingId),
    /** A recording whose file is finished. @throws RecordingNotFoundError, RecordingNotStoppedError */
    getPlayable: (recordingId: string) => getPlayableRecording(options.store, recordingId),
    /** @throws RecordingNotFoundError, RecordingNotStoppedError */
    delete: (recordingId: string) => deleteRecording(options, recordingId),
  };
}
