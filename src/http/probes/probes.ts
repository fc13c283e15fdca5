import { isOutage } from '../../errors.js';
import type { Credential } from '../auth/authenticate.js';
import type { HttpContext, HttpMiddleware } from '../route/context.js';
import type { Capability } from '../route/capability.js';
import { probeOf } from './probe-of.js';

/** The result of one check of a dependency. */
export interface DependencyReport {
  ok: boolean;
  latencyMs: number;
  /** The error, when `ok` is false. */
  reason?: string;
  /** For the clock only: milliseconds by which it is ahead; negative when it is behind. */
  offsetMs?: number;
  /** For the media store only: recordings whose file is missing, was delivered elsewhere by LiveKit, or cannot be read. */
  missingFiles?: number;
  undeliveredFiles?: number;
  unreadableFiles?: number;
}

const CHECK_EVERY_MS = 1_000;

export interface ProbesDeps {
  /** Reports keyed by the name of the dependency. The instance is ready unless `store` is down or refuses writes. */
  readiness(): Promise<Record<string, DependencyReport>>;
  /** Requests that carry it see times and reasons. */
  credential: Credential;
}

export function probesCapability(deps: ProbesDeps): Capability {
  return { middleware: [probes(deps)] };
}

/**
 * Any method is answered. `/health` and `/livez` show that the event loop runs. `/readyz` reports each dependency; only a store that
 * is down or refuses writes makes it 503. All requests of one second share one check, because a check writes.
 */
function probes({ readiness, credential }: ProbesDeps): HttpMiddleware {
  const check = atMostEvery(CHECK_EVERY_MS, readiness);
  return async (ctx, next) => {
    const probe = probeOf(ctx.path);
    if (probe === undefined) {
      await next();
    } else if (probe === 'readyz') {
      const report = await check();
      ctx.body = (await isTrusted(ctx as HttpContext, credential)) ? report : withoutDetails(report);
      ctx.status = report['store']?.ok === false ? 503 : 200;
    } else {
      ctx.type = probe === 'health' ? 'text/html' : 'text/plain';
      ctx.body = 'OK';
    }
  };
}

async function isTrusted(ctx: HttpContext, credential: Credential): Promise<boolean> {
  const value = credential.read(ctx);
  if (value === undefined) return false;
  try {
    return (await credential.verify(value)).granted;
  } catch (error) {
    if (isOutage(error)) return false; // while the store is down, no key can be checked: the reasons are in the log
    throw error;
  }
}

/** Reasons may name hosts and folders, which strangers need not know. */
function withoutDetails(report: Record<string, DependencyReport>): Record<string, Pick<DependencyReport, 'ok'>> {
  return Object.fromEntries(Object.entries(report).map(([name, { ok }]) => [name, { ok }]));
}

/** @returns a function that gives the result of the last call of `work` until it is `everyMs` old */
function atMostEvery<Result>(everyMs: number, work: () => Promise<Result>): () => Promise<Result> {
  let begunAt = -Infinity;
  let last: Promise<Result>;
  return () => {
    if (performance.now() - begunAt < everyMs) return last;
    begunAt = performance.now();
    return (last = work());
  };
}
