import { randomUUID } from 'node:crypto';

import type { Logger } from '../../logging.js';
import type { HttpContext, HttpMiddleware } from '../route/context.js';

const SANE_REQUEST_ID = /^[\w.:-]{1,128}$/;

/**
 * Give every request an id, and log one line about it once its work is done and the answer is sent or the client is gone.
 * The line omits query strings, because they carry tokens and secrets.
 */
export function requestLog(log: Logger): HttpMiddleware {
  return async (ctx, next) => {
    const startedAt = performance.now();
    const offered = ctx.get('X-Request-Id');
    ctx.state.requestId = SANE_REQUEST_ID.test(offered) ? offered : randomUUID();
    ctx.set('X-Request-Id', ctx.state.requestId);
    const finish = (): void => {
      writeLine(log, ctx as HttpContext, performance.now() - startedAt);
    };
    try {
      await next();
    } finally {
      if (ctx.res.closed) finish();
      else ctx.res.once('close', finish);
    }
  };
}

function writeLine(log: Logger, ctx: HttpContext, elapsedMs: number): void {
  const { requestId, route, recordingId, error } = ctx.state;
  const { statusCode: status, writableFinished } = ctx.res;
  const isFault = error !== undefined && (status >= 500 || !writableFinished);
  log[levelOf(status, isFault)](
    {
      requestId,
      method: ctx.method,
      path: ctx.path,
      status,
      ms: Math.round(elapsedMs * 10) / 10,
      ...(route !== undefined && { route }),
      ...(recordingId !== undefined && { recordingId }),
      ...(!writableFinished && { cut: true }),
      ...(isFault && { err: error }),
    },
    'request',
  );
}

/** An outage (503) and an answer that broke off are warnings; any other 5xx is an error. */
function levelOf(status: number, isFault: boolean): 'info' | 'warn' | 'error' {
  if (status >= 500 && status !== 503) return 'error';
  return status === 503 || isFault ? 'warn' : 'info';
}
