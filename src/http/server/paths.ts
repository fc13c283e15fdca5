import type { HttpMiddleware } from '../route/context.js';
import { MalformedPathError, PathNotFoundError } from './errors.js';

/** Refuses a path with a bad escape. A router would match it undecoded. */
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
