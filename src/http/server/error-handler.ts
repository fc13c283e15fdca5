import { TallyError, toError } from '../../errors.js';
import { parseRecordingId } from '../../machines/recording/recording-id.js';
import type { DeletionRefusal } from '../../machines/room/errors.js';
import type { HttpContext, HttpMiddleware, HttpState } from '../route/context.js';
import type { FieldIssue } from '../route/validation.js';

type Details = Readonly<Record<string, unknown>>;

interface Answer {
  status: number;
  /** The contract's name of the error. */
  name: string;
  /** The error's own message unless told. */
  message?: (details: Details) => string;
  headers?: (details: Details) => Record<string, string>;
}

const RETRY_AFTER_SECONDS = '2';

const recordingError = (status: number): Answer => ({ status, name: 'Recording Error' });
const unauthorized: Answer = { status: 401, name: 'Authentication Error' };
const badRequest: Answer = { status: 400, name: 'Bad Request' };
const unavailable = (name: string, message: string): Answer => ({
  status: 503,
  name,
  message: () => message,
  headers: () => ({ 'Retry-After': RETRY_AFTER_SECONDS }),
});
const storageDown = unavailable('Storage Error', 'Storage is not available');

/** From an error's code to what a client reads. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  'http.malformed_body': badRequest,
  'http.malformed_path': badRequest,
  'http.body_too_large': { status: 413, name: 'Payload Too Large' },
  'http.unsupported_charset': { status: 415, name: 'Unsupported Media Type' },
  'http.path_not_found': { status: 404, name: 'Path Not Found' },
  'input.invalid': { status: 422, name: 'Unprocessable Entity', message: () => 'Invalid request' },

  'auth.no_credential': unauthorized,
  'auth.invalid_api_key': unauthorized,
  'auth.no_api_keys': unauthorized,

  'store.unavailable': storageDown,
  'store.outcome_unknown': storageDown,
  'media.unavailable': storageDown,
  'locks.unavailable': unavailable('Lock Error', 'Locks are not available'),
  'livekit.unavailable': unavailable('LiveKit Error', 'LiveKit is not available'),

  'room.not_found': { status: 404, name: 'Room Error' },

  'recording.not_found': recordingError(404),
  'recording.disabled': recordingError(403),
  'recording.already_active': recordingError(409),
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
  'media.range_not_satisfiable': {
    ...recordingError(416),
    headers: ({ sizeBytes }) => ({ 'Content-Range': `bytes */${String(sizeBytes)}` }),
  },

  'idempotency.mismatch': { status: 422, name: 'Idempotency Error' },
  'idempotency.in_progress': { status: 409, name: 'Idempotency Error' },
};

/** Where one route answers otherwise: a stop names the egress it did not find. */
const ROUTE_ANSWERS: Readonly<Record<string, Readonly<Record<string, Answer>>>> = {
  'recordings.stop': {
    'recording.not_found': {
      ...recordingError(404),
      message: ({ recordingId }) => `Recording '${String(parseRecordingId(String(recordingId))?.egressId)}' not found`,
    },
  },
};

/** What follows `Room '{roomId}' `; the refusal itself is the error's name. */
const REFUSALS: Record<DeletionRefusal, string> = {
  room_has_active_meeting: 'cannot be deleted because it has an active meeting.',
  room_has_recordings: 'cannot be deleted because it has recordings.',
  room_with_recordings_has_active_meeting: 'with recordings cannot be deleted because it has an active meeting.',
  room_with_active_meeting_has_recordings: 'with active meeting cannot be deleted because it has recordings.',
  room_with_active_meeting_has_recordings_cannot_schedule_deletion:
    'with active meeting cannot be scheduled to be deleted because it has recordings.',
};

/** Headers of the answer that was in the making, and not of the error. */
const ABANDONED_HEADERS = ['Accept-Ranges', 'Cache-Control', 'ETag', 'Last-Modified'];

export const errorHandler: HttpMiddleware = async (ctx, next) => {
  try {
    await next();
  } catch (thrown) {
    const error = toError(thrown);
    if (isAbandoned(ctx as HttpContext, error)) return;
    ctx.state.error = error;
    for (const name of ABANDONED_HEADERS) ctx.remove(name);
    answerError(ctx as HttpContext, error);
  }
};

/** The client left and its work was called off: nobody to answer, nothing to report. */
function isAbandoned(ctx: HttpContext, error: Error): boolean {
  return ctx.res.closed && error.name === 'AbortError';
}

/** What a client reads of an error: the status, the contract's name of it and its message. */
export interface Explanation {
  status: number;
  name: string;
  message: string;
}

/**
 * An error as its own answer would tell it, for one item of many.
 *
 * @param operation completes `Unexpected error while …`
 */
export function explain(error: Error, operation: string): Explanation {
  const { status, name, message } = answerTo(error, { operation });
  return { status, name, message: message?.(detailsOf(error)) ?? error.message };
}

function answerError(ctx: HttpContext, error: Error): void {
  const answer = answerTo(error, ctx.state);
  const details = detailsOf(error);
  ctx.status = answer.status;
  ctx.set(answer.headers?.(details) ?? {});
  ctx.body = { error: answer.name, message: answer.message?.(details) ?? error.message, ...issuesOf(answer, details) };
}

/** A code without a row: what may pass by itself is an outage, anything else a fault of ours. */
function answerTo(
  error: Error,
  { route = '', operation = 'handling the request' }: Pick<HttpState, 'route' | 'operation'>,
): Answer {
  const unexpected: Answer = { status: 500, name: 'Internal Server Error', message: () => `Unexpected error while ${operation}` };
  if (!(error instanceof TallyError)) return unexpected;
  if (error.code === 'room.deletion_refused') return refusalAnswer(error.details['refusal'] as DeletionRefusal);
  const answer = ROUTE_ANSWERS[route]?.[error.code] ?? ANSWERS[error.code];
  return answer ?? (error.retryable ? storageDown : unexpected);
}

function detailsOf(error: Error): Details {
  return error instanceof TallyError ? error.details : {};
}

function refusalAnswer(refusal: DeletionRefusal): Answer {
  return { status: 409, name: refusal, message: ({ roomId }) => `Room '${String(roomId)}' ${REFUSALS[refusal]}` };
}

function issuesOf(answer: Answer, details: Details): { details?: FieldIssue[] } {
  return answer === ANSWERS['input.invalid'] ? { details: (details['issues'] as FieldIssue[] | undefined) ?? [] } : {};
}
