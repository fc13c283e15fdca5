import type { HttpMiddleware } from '../route/context.js';
import type { HttpDeps } from '../deps.js';

/** `/health` by any method and below: the process answers. */
export const health: HttpMiddleware = async (ctx, next) => {
  if (/^\/health(\/|$)/i.test(ctx.path)) {
    ctx.type = 'text/html';
    ctx.body = 'OK';
  } else {
    await next();
  }
};

/** `/livez`: the event loop lives. `/readyz`: how each dependency is; only a store that is down makes us unready. */
export function probes({ readiness }: Pick<HttpDeps, 'readiness'>): HttpMiddleware {
  return async (ctx, next) => {
    const path = ctx.path.toLowerCase().replace(/\/$/, '');
    if (path === '/livez') {
      ctx.body = 'OK';
    } else if (path === '/readyz') {
      const report = await readiness();
      ctx.body = report;
      ctx.status = report['store']?.ok === false ? 503 : 200;
    } else {
      await next();
    }
  };
}
