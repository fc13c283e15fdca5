import { TallyError } from '../../errors.js';

/** The body is not what its content type promises. */
export class MalformedBodyError extends TallyError {
  constructor(cause?: unknown) {
    super('http.malformed_body', 'invalid', 'Malformed body', { cause });
  }
}

export class BodyTooLargeError extends TallyError {
  constructor() {
    super('http.body_too_large', 'invalid', 'Body is too large');
  }
}

/** What reading or parsing a body failed with, as one of ours. @throws BodyTooLargeError, MalformedBodyError */
export function unreadableBody(error: Error & { status?: number }): never {
  throw error.status === 413 ? new BodyTooLargeError() : new MalformedBodyError(error);
}

export class UnsupportedCharsetError extends TallyError {
  constructor(charset: string) {
    super('http.unsupported_charset', 'invalid', `Unsupported charset '${charset}'`, { details: { charset } });
  }
}

/** The path holds a percent-escape that decodes to nothing. */
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

/** None of the credentials that the route accepts came with the request. */
export class NoCredentialError extends TallyError {
  constructor() {
    super('auth.no_credential', 'unauthorized', 'Unauthorized');
  }
}

export class InvalidApiKeyError extends TallyError {
  constructor() {
    super('auth.invalid_api_key', 'unauthorized', 'Invalid API key');
  }
}

/** A key came, yet none exists. */
export class NoApiKeysError extends TallyError {
  constructor() {
    super('auth.no_api_keys', 'unauthorized', 'There are no API keys configured yet. Please, create one to access the API');
  }
}

export class RangeNotSatisfiableError extends TallyError {
  constructor(recordingId: string, sizeBytes: number) {
    super('media.range_not_satisfiable', 'invalid', `Recording '${recordingId}' range not satisfiable. File size: ${sizeBytes}`, {
      details: { recordingId, sizeBytes },
    });
  }
}
