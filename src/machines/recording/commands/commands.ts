import type { RecordingDocument } from '../recording.js';

export interface StartRequest {
  /** Sanitised room id. */
  roomId: string;
  /** The client's own key: the same key is answered from the same recording. */
  idempotencyKey?: string;
  /** Answer as soon as the recording is stored, without waiting for it to record. */
  respondAsync?: boolean;
}

/**
 * What clients command. Every method may throw StoreUnavailableError (retryable); an id is the public
 * `{roomId}--{egressId}--{uid}`, also with `EG_PENDING` in the middle.
 */
export interface RecordingCommands {
  /**
   * Start recording a room and wait until it records, fails or the start deadline (30 s) passes. A caller that goes away
   * cancels nothing.
   *
   * @returns the recording: it is or was recording (or, with `respondAsync`, it is stored)
   * @throws RoomNotFoundError, RecordingDisabledError, RecordingAlreadyActiveError, NoParticipantsError,
   * StartTimedOutError, StartFailedError, StartRejectedError, LiveKitUnavailableError, LocksUnavailableError,
   * IdempotencyMismatchError, IdempotencyInProgressError
   */
  start(request: StartRequest): Promise<RecordingDocument>;
  /**
   * Stop an active recording; waits at most 5 s for LiveKit's answer, which carries the duration.
   *
   * @throws RecordingNotFoundError, RecordingAlreadyStoppedError, RecordingStillStartingError
   */
  stop(recordingId: string): Promise<RecordingDocument>;
  /** @throws RecordingNotFoundError no such recording, deleted, or the id names another egress */
  get(recordingId: string): Promise<RecordingDocument>;
  /** @throws RecordingNotFoundError, RecordingNotStoppedError */
  delete(recordingId: string): Promise<void>;
}
