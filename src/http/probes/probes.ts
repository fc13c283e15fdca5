import type { HttpMiddleware } from '../route/context.js';
import type { Capability } from '../route/capability.js';

/** How one dependency answered just now. */
export interface DependencyReport {
  ok: boolean;
  latencyMs: number;
  /** Why it is not ok. */
  reason?: string;
  /** Of the clock: by how much it is ahead, milliseconds; negative: behind. */
  offsetMs?: number;
}

export interface ProbesDeps {
  /** By the name of the dependency; `store` decides whether we are ready. */
  readiness(): Promise<Record<string, DependencyReport>>;
}

export function probesCapability(deps: ProbesDeps): Capability {
  return { middleware: [health, probes(deps)] };
}

/** `/health` by any method and below: the process answers. */
const health: HttpMiddleware = async (ctx, next) => {
  if (/^\/health(\/|$)/i.test(ctx.path)) {
    ctx.type = 'text/html';
    ctx.body = 'OK';
  } else {
    await next();
  }
};

/** `/livez`: the event loop lives. `/readyz`: how each dependency is; only a store that is down makes us unready. */
function probes({ readiness }: ProbesDeps): HttpMiddleware {
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
