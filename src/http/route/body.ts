import { bodyParser } from '@koa/bodyparser';

import type { HttpMiddleware } from './context.js';
import { unreadableBody, UnsupportedCharsetError } from '../server/errors.js';

const LIMIT = '100kb';

const TYPES = ['application/json', 'application/x-www-form-urlencoded'];

const parse = bodyParser({
  parsedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  jsonLimit: LIMIT,
  formLimit: LIMIT,
  onError: unreadableBody,
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
