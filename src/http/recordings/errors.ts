import { TallyError } from '../../errors.js';
import { parseRecordingId } from '../../machines/recording/recording-id.js';
import { type ErrorRow, type ErrorRows, retryAfter } from '../route/errors.js';

export class RangeNotSatisfiableError extends TallyError {
  constructor(recordingId: string, sizeBytes: number) {
    super('media.range_not_satisfiable', 'invalid', `Recording '${recordingId}' range not satisfiable. File size: ${sizeBytes}`, {
      details: { recordingId, sizeBytes },
    });
  }
}

/** The recording is complete, and the media store has no file of it, or an empty one. */
export class FileMissingError extends TallyError {
  constructor(recordingId: string) {
    super('media.missing', 'not_found', `File of recording '${recordingId}' is missing`, { details: { recordingId } });
  }
}

/** The client asked for an older version of the file (`If-Match`, `If-Unmodified-Since`). */
export class FileHasChangedError extends TallyError {
  constructor(recordingId: string) {
    super('media.has_changed', 'conflict', `The file of recording '${recordingId}' has changed`, { details: { recordingId } });
  }
}

const recordingError = (status: number): ErrorRow => ({ status, name: 'Recording Error' });

export const recordingErrors: ErrorRows = {
  'recording.not_found': {
    ...recordingError(404),
    // The contract names the egress in the answer to a stop, and the recording elsewhere.
    message: ({ recordingId }, route) => {
      const id = String(recordingId);
      return `Recording '${route === 'recordings.stop' ? (parseRecordingId(id)?.egressId ?? id) : id}' not found`;
    },
  },
  'recording.disabled': recordingError(403),
  'recording.already_active': {
    ...recordingError(409),
    headers: ({ heldForMs }) => (typeof heldForMs === 'number' ? retryAfter(heldForMs) : {}),
  },
  'recording.no_participants': recordingError(409),
  'recording.not_stopped': recordingError(409),
  'recording.already_stopped': recordingError(409),
  'recording.still_starting': recordingError(409),
  'recording.start_timed_out': recordingError(503),
  'recording.start_failed': recordingError(503),
  'recording.start_rejected': {
    status: 500,
    name: 'Internal Server Error',
    message: ({ roomId }) => `Unexpected error while starting Room Composite Egress for room '${String(roomId)}'`,
  },
  'media.missing': recordingError(404),
  'media.has_changed': recordingError(412),
  'media.range_not_satisfiable': {
    ...recordingError(416),
    headers: ({ sizeBytes }) => ({ 'Content-Range': `bytes */${String(sizeBytes)}` }),
  },

  'idempotency.mismatch': { status: 422, name: 'Idempotency Error' },
  'idempotency.in_progress': { status: 409, name: 'Idempotency Error' },
};
