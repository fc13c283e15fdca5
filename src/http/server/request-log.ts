import { randomUUID } from 'node:crypto';

import type { Logger } from '../../logging.js';
import type { HttpContext, HttpMiddleware } from '../route/context.js';

const SANE_REQUEST_ID = /^[\w.:-]{1,128}$/;

/**
 * Name every request and write one line about each, once it is answered, or its client is gone, and its work is done.
 * Query strings stay out of it: they carry tokens and secrets.
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

/** An outage that was answered is no fault of ours: 503 warns, a cut answer too. */
function levelOf(status: number, isFault: boolean): 'info' | 'warn' | 'error' {
  if (status >= 500 && status !== 503) return 'error';
  return status === 503 || isFault ? 'warn' : 'info';
}
