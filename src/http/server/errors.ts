import { TallyError } from '../../errors.js';
import { STOPPING } from '../probes/not-ready.js';
import { type ErrorRow, type ErrorRows, unavailable } from '../route/errors.js';
import type { FieldIssue } from '../route/validation.js';

/** The path holds a percent-escape that cannot be decoded. */
export class MalformedPathError extends TallyError {
  constructor() {
    super('http.malformed_path', 'invalid', 'Malformed path');
  }
}

export class PathNotFoundError extends TallyError {
  constructor() {
    super('http.path_not_found', 'not_found', 'API path not implemented');
  }
}

const badRequest: ErrorRow = { status: 400, name: 'Bad Request' };
/** An outage whose code has no row of its own. */
export const storageDown = unavailable('Storage Error', 'Storage is not available');

/** Errors that any route may throw. */
export const commonErrors: ErrorRows = {
  'http.malformed_body': badRequest,
  'http.malformed_path': badRequest,
  'http.body_too_large': { status: 413, name: 'Payload Too Large' },
  'http.unsupported_charset': { status: 415, name: 'Unsupported Media Type' },
  'http.path_not_found': { status: 404, name: 'Path Not Found' },
  'input.invalid': {
    status: 422,
    name: 'Unprocessable Entity',
    message: () => 'Invalid request',
    issues: ({ issues }) => (issues as FieldIssue[] | undefined) ?? [],
  },

  'instance.stopping': unavailable(STOPPING.error, STOPPING.message),
  'store.unavailable': storageDown,
  'store.outcome_unknown': storageDown,
  'media.unavailable': storageDown,
  'locks.unavailable': unavailable('Lock Error', 'Locks are not available'),
  // Without `Retry-After`: a repeat fails until an operator has changed the key.
  'livekit.key_refused': { status: 503, name: 'LiveKit Error' },
  'livekit.unavailable': unavailable('LiveKit Error', 'LiveKit is not available'),
};
