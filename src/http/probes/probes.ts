import type { HttpMiddleware } from '../route/context.js';
import type { Capability } from '../route/capability.js';

/** The result of one check of a dependency. */
export interface DependencyReport {
  ok: boolean;
  latencyMs: number;
  /** The error, when `ok` is false. */
  reason?: string;
  /** For the clock only: milliseconds by which it is ahead; negative when it is behind. */
  offsetMs?: number;
  /** For the media store only: recordings whose file was asked for in vain, and those whose file LiveKit delivered elsewhere. */
  missingFiles?: number;
  undeliveredFiles?: number;
}

export interface ProbesDeps {
  /** Reports keyed by the name of the dependency. The instance is ready unless `store` is down. */
  readiness(): Promise<Record<string, DependencyReport>>;
}

export function probesCapability(deps: ProbesDeps): Capability {
  return { middleware: [health, probes(deps)] };
}

/** Answers `/health`, and every path below it, with any method, as long as the process runs. */
const health: HttpMiddleware = async (ctx, next) => {
  if (/^\/health(\/|$)/i.test(ctx.path)) {
    ctx.type = 'text/html';
    ctx.body = 'OK';
  } else {
    await next();
  }
};

/** `/livez` shows that the event loop runs. `/readyz` reports each dependency; only a store that is down makes it 503. */
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
