import type { RecordableRoom } from '../../ports/rooms.js';
import type { Supervisor } from '../../kernel/supervisor.js';
import type { RecordingEvent } from '../events.js';
import type { RecordingStore } from '../recording-store.js';
import type { RecordingContext, RecordingDocument } from '../recording.js';
import { deleteRecording } from './delete.js';
import { getPlayableRecording, getRecording } from './get.js';
import { recordableRoom } from './recordable-room.js';
import { type StartOptions, startRecording, type StartRequest } from './start.js';
import { stopRecording } from './stop.js';

export type { StartRequest };

/**
 * What clients may ask of recordings. Every method may throw StoreUnavailableError (retryable); an id is the public
 * `{roomId}--{egressId}--{uid}`, also with `EG_PENDING` in the middle.
 */
export interface RecordingCommands {
  /**
   * A room whose recordings may be started and stopped.
   *
   * @throws RoomNotFoundError, RecordingDisabledError
   */
  recordableRoom(roomId: string): Promise<RecordableRoom>;
  /**
   * Start recording a room and wait until it records, fails or the start deadline (30 s) passes. A caller that goes away
   * cancels nothing.
   *
   * @returns the recording: it is or was recording (or, with `respondAsync`, it is stored)
   * @throws RoomNotFoundError (it was deleted meanwhile), RecordingAlreadyActiveError, NoParticipantsError, StartTimedOutError,
   * StartFailedError, StartRejectedError, LiveKitUnavailableError, LocksUnavailableError,
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
  /** A recording whose file is finished. @throws RecordingNotFoundError, RecordingNotStoppedError */
  getPlayable(recordingId: string): Promise<RecordingDocument>;
  /** @throws RecordingNotFoundError, RecordingNotStoppedError */
  delete(recordingId: string): Promise<void>;
}

export interface RecordingCommandOptions extends StartOptions {
  supervisor: Supervisor<RecordingContext, RecordingEvent>;
  store: RecordingStore;
}

export function createRecordingCommands(options: RecordingCommandOptions): RecordingCommands {
  return {
    recordableRoom: (roomId) => recordableRoom(options.rooms, roomId),
    start: (request) => startRecording(options, request),
    stop: (recordingId) => stopRecording(options, recordingId),
    get: (recordingId) => getRecording(options.store, recordingId),
    getPlayable: (recordingId) => getPlayableRecording(options.store, recordingId),
    delete: (recordingId) => deleteRecording(options, recordingId),
  };
}
