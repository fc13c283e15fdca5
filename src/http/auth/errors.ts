import { TallyError } from '../../errors.js';
import type { ErrorRow, ErrorRows } from '../route/errors.js';

/** The request carries none of the credentials that the route accepts. */
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

/** The request carries a key, but none is stored. */
export class NoApiKeysError extends TallyError {
  constructor() {
    super('auth.no_api_keys', 'unauthorized', 'There are no API keys configured yet. Please, create one to access the API');
  }
}

const unauthorized: ErrorRow = { status: 401, name: 'Authentication Error' };

export const authErrors: ErrorRows = {
  'auth.no_credential': unauthorized,
  'auth.invalid_api_key': unauthorized,
  'auth.no_api_keys': unauthorized,
};
