import type { HttpMiddleware } from '../route/context.js';
import { MalformedPathError, PathNotFoundError } from './errors.js';

/** Routers pass undecodable escapes on as they are; nothing of ours is called like that. */
export const refuseMalformedPath: HttpMiddleware = (ctx, next) => {
  if (!isDecodable(ctx.path)) throw new MalformedPathError();
  return next();
};

export const pathNotFound: HttpMiddleware = () => {
  throw new PathNotFoundError();
};

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
