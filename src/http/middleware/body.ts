import { bodyParser } from '@koa/bodyparser';

import type { HttpMiddleware } from '../context.js';
import { BodyTooLargeError, MalformedBodyError, UnsupportedCharsetError } from '../errors.js';

const LIMIT = '100kb';

const TYPES = ['application/json', 'application/x-www-form-urlencoded'];

const parse = bodyParser({
  parsedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  jsonLimit: LIMIT,
  formLimit: LIMIT,
  onError,
}) as HttpMiddleware;

/** JSON and form bodies become objects; whatever else comes counts as an empty one. */
export const parseBody: HttpMiddleware = async (ctx, next) => {
  const type = ctx.is(TYPES);
  if (!type) {
    await next();
    return;
  }
  const { charset } = ctx.request;
  if (type === TYPES[0] && charset !== '' && !/^utf-?8$/i.test(charset)) throw new UnsupportedCharsetError(charset);
  await parse(ctx, next);
};

function onError(error: Error & { status?: number }): never {
  throw error.status === 413 ? new BodyTooLargeError() : new MalformedBodyError(error);
}
