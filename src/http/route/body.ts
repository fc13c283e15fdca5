import { bodyParser } from '@koa/bodyparser';

import { TallyError } from '../../errors.js';
import type { HttpContext, HttpMiddleware } from './context.js';

/** The body does not fit its content type. */
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

export class UnsupportedCharsetError extends TallyError {
  constructor(charset: string) {
    super('http.unsupported_charset', 'invalid', `Unsupported charset '${charset}'`, { details: { charset } });
  }
}

const LIMIT = '100kb';
const JSON_TYPE = 'application/json';
const TYPES = [JSON_TYPE, 'application/x-www-form-urlencoded'];

const parse = bodyParser({
  parsedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  jsonLimit: LIMIT,
  formLimit: LIMIT,
  onError: unreadableBody,
}) as HttpMiddleware;

/**
 * The body of a request: JSON and forms become objects, a body of any other type counts as an empty object.
 *
 * @throws MalformedBodyError, BodyTooLargeError, UnsupportedCharsetError
 */
export async function readBody(ctx: HttpContext): Promise<unknown> {
  const type = ctx.is(TYPES);
  if (!type) return {};
  const { charset } = ctx.request;
  if (type === JSON_TYPE && charset !== '' && !/^utf-?8$/i.test(charset)) throw new UnsupportedCharsetError(charset);
  await parse(ctx, () => Promise.resolve());
  return ctx.request.body ?? {};
}

/** Translates an error of reading or parsing a body. @throws BodyTooLargeError, MalformedBodyError */
export function unreadableBody(error: Error & { status?: number }): never {
  throw error.status === 413 ? new BodyTooLargeError() : new MalformedBodyError(error);
}
