import { TallyError } from '../../errors.js';

/** The recording does not exist, or it is deleted. */
export class RecordingNotFoundError extends TallyError {
  constructor(recordingId: string) {
    super('recording.not_found', 'not_found', `Recording '${recordingId}' not found`, { details: { recordingId } });
  }
}

export class RecordingDisabledError extends TallyError {
  constructor(roomId: string) {
    super('recording.disabled', 'forbidden', `Recording is disabled for room '${roomId}'`, { details: { roomId } });
  }
}

export class RecordingAlreadyActiveError extends TallyError {
  /** @param heldForMs set if a start has the room that is being undone or not answered for 5 s: it keeps the room at most this long */
  constructor(roomId: string, heldForMs?: number) {
    const details = { roomId, ...(heldForMs !== undefined && { heldForMs }) };
    super('recording.already_active', 'conflict', `Room '${roomId}' is already being recorded`, { details });
  }
}

export class NoParticipantsError extends TallyError {
  constructor(roomId: string) {
    super('recording.no_participants', 'conflict', `Room '${roomId}' has no participants`, { details: { roomId } });
  }
}

export class RecordingNotStoppedError extends TallyError {
  constructor(recordingId: string) {
    super('recording.not_stopped', 'conflict', `Recording '${recordingId}' is not stopped yet`, { details: { recordingId } });
  }
}

/** Some recordings of a deleted room are not deleted yet. Retryable: a repetition does not change the deleted ones. */
export class RecordingsNotDeletedError extends TallyError {
  constructor(roomId: string, uids: string[]) {
    super('recording.not_deleted', 'unavailable', `${String(uids.length)} recordings of room '${roomId}' are not deleted yet`, {
      details: { roomId, uids },
    });
  }
}

export class RecordingAlreadyStoppedError extends TallyError {
  constructor(recordingId: string) {
    super('recording.already_stopped', 'conflict', `Recording '${recordingId}' is already stopped`, { details: { recordingId } });
  }
}

/** The stop is accepted and undoes the start, but the contract answers it with a conflict. */
export class RecordingStillStartingError extends TallyError {
  constructor(recordingId: string) {
    super('recording.still_starting', 'conflict', `Recording '${recordingId}' cannot be stopped while starting`, {
      details: { recordingId },
    });
  }
}

/** The egress did not record when the start deadline passed. The start is being undone. */
export class StartTimedOutError extends TallyError {
  constructor(roomId: string) {
    super('recording.start_timed_out', 'timeout', `Recording in room '${roomId}' timed out while starting`, {
      details: { roomId },
    });
  }
}

/** The egress ended before it recorded, or no egress worker had capacity for it. */
export class StartFailedError extends TallyError {
  constructor(roomId: string, reason: string) {
    super('recording.start_failed', 'unavailable', `Recording in room '${roomId}' failed to start: ${reason}`, {
      details: { roomId, reason },
    });
  }
}

/** LiveKit refused the start, or failed while it processed the start. */
export class StartRejectedError extends TallyError {
  constructor(roomId: string, reason: string) {
    super('recording.start_rejected', 'internal', `LiveKit rejected the recording of room '${roomId}': ${reason}`, {
      details: { roomId, reason },
    });
  }
}

/** The same Idempotency-Key came with another request. */
export class IdempotencyMismatchError extends TallyError {
  constructor() {
    super('idempotency.mismatch', 'invalid', 'Idempotency-Key was used with another request');
  }
}

/** The first request with this Idempotency-Key has no answer yet. */
export class IdempotencyInProgressError extends TallyError {
  constructor() {
    super('idempotency.in_progress', 'conflict', 'A request with this Idempotency-Key is still running', { retryable: true });
  }
}
