import { toError } from '../../errors.js';
import type { HttpContext, HttpMiddleware } from '../route/context.js';
import type { ErrorTable } from './error-table.js';

/** These headers may be set already for the answer that failed; they must not go out with the error. */
const ABANDONED_HEADERS = ['Accept-Ranges', 'Cache-Control', 'ETag', 'Last-Modified'];

/** Answers a failed request according to the table. */
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

/** Whether the client left and its request was aborted for that reason. Then no answer is due and no error is logged. */
function isAbandoned(ctx: HttpContext, error: Error): boolean {
  return ctx.res.closed && error.name === 'AbortError';
}
