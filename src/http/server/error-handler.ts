import { toError } from '../../errors.js';
import type { HttpContext, HttpMiddleware } from '../route/context.js';
import type { ErrorTable } from './error-table.js';

/** Headers of the answer that was in the making, and not of the error. */
const ABANDONED_HEADERS = ['Accept-Ranges', 'Cache-Control', 'ETag', 'Last-Modified'];

/** Answers a request that fails as the table says. */
export function errorHandler(table: ErrorTable): HttpMiddleware {
  return async (ctx, next) => {
    ctx.state.explain = (error, operation) => table(error, { operation });
    try {
      await next();
    } catch (thrown) {
      const error = toError(thrown);
      if (isAbandoned(ctx as HttpContext, error)) return;
      ctx.state.error = error;
      for (const name of ABANDONED_HEADERS) ctx.remove(name);
      const { route, operation } = ctx.state;
      const { status, name, message, headers, issues } = table(error, { route, operation });
      ctx.status = status;
      ctx.set(headers);
      ctx.body = { error: name, message, ...(issues !== undefined && { details: issues }) };
    }
  };
}

/** The client left and its work was called off: no answer is due, and nothing went wrong. */
function isAbandoned(ctx: HttpContext, error: Error): boolean {
  return ctx.res.closed && error.name === 'AbortError';
}
