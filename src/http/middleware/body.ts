import { bodyParser } from '@koa/bodyparser';
import type { Context } from 'koa';

import type { HttpMiddleware } from '../context.js';
import { BodyTooLargeError, MalformedBodyError, UnsupportedCharsetError } from '../errors.js';

const LIMIT = '100kb';

const parse = bodyParser({
  enableTypes: ['json', 'form'],
  extendTypes: { json: ['application/json'], form: ['application/x-www-form-urlencoded'] },
  parsedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  jsonLimit: LIMIT,
  formLimit: LIMIT,
  onError,
}) as HttpMiddleware;

/** JSON and form bodies become objects; whatever else comes counts as an empty one. */
export const parseBody: HttpMiddleware = (ctx, next) => {
  const { charset } = ctx.request;
  if (charset !== '' && !/^utf-?8$/i.test(charset) && ctx.is('json') === 'json') throw new UnsupportedCharsetError(charset);
  return parse(ctx, next);
};

function onError(error: Error & { status?: number }, _ctx: Context): never {
  throw error.status === 413 ? new BodyTooLargeError() : new MalformedBodyError(error);
}
