import { parse as parseQuery } from 'qs';
import type { z } from 'zod';

import type { Authenticate } from '../auth/authenticate.js';
import type { CredentialKind } from '../auth/principal.js';
import type { HttpContext } from './context.js';
import { invalidRequest, parseInput, type FieldIssue } from './validation.js';

export interface Input<P, Q, H, B> {
  params: P;
  query: Q;
  headers: H;
  body: B;
}

/** The contract of one route: who may call it, what it reads, what it is doing. */
export interface Guard<P, Q, H, B, A = undefined> {
  /** Stable, for the log and the error table: `recordings.start`. */
  name: string;
  /** Accepted kinds of credentials, in the order they are tried. */
  accepts: readonly CredentialKind[];
  params?: z.ZodType<P>;
  query?: z.ZodType<Q>;
  headers?: z.ZodType<H>;
  body?: z.ZodType<B>;
  /** Check the input before the credentials, all parts at once, each field named after its part (`params.recordingId`). */
  inputFirst?: boolean;
  /** What is read while credentials are checked, with `inputFirst`, or after. Without good ones nobody gets it, nor its error. */
  ahead?: (input: Input<P, Q, H, B>) => Promise<A>;
  /** Completes `Unexpected error while …`. */
  operation: string | ((input: Input<P, Q, H, B>) => string);
}

type Run<P, Q, H, B, A> = (ctx: HttpContext, input: Input<P, Q, H, B>, ahead: A) => Promise<void>;

export type Handle = <P = undefined, Q = undefined, H = undefined, B = undefined, A = undefined>(
  guard: Guard<P, Q, H, B, A>,
  run: Run<P, Q, H, B, A>,
) => (ctx: HttpContext) => Promise<void>;

/** More parameters than a request has room for ids. What is beyond is dropped in silence. */
const PARAMETERS_MAX = 8_000;
/** Before the credentials are checked: of one that is repeated, parsing costs the square. */
const STRANGERS_PARAMETERS_MAX = 1_000;

const PARTS = ['params', 'query', 'headers', 'body'] as const;

/** Turn a guard and a handler that reads only guarded input into a route. */
export function createHandle(authenticate: Authenticate): Handle {
  return <P, Q, H, B, A>(guard: Guard<P, Q, H, B, A>, run: Run<P, Q, H, B, A>) =>
    async (ctx: HttpContext) => {
      ctx.state.route = guard.name;
      ctx.state.operation = 'checking credentials';
      const early = guard.inputFirst === true ? readInput(ctx, guard) : undefined;
      let ahead: Promise<A> | undefined;
      ctx.state.principal = await authenticate(ctx, guard.accepts, () => {
        ahead = early === undefined ? undefined : guard.ahead?.(early);
        ahead?.catch(() => undefined); // told after the credentials, if at all
      });
      const input = early ?? readInput(ctx, guard);
      ctx.state.recordingId = recordingIdIn(input.params);
      ctx.state.operation = typeof guard.operation === 'string' ? guard.operation : guard.operation(input);
      await run(ctx, input, (await (ahead ?? guard.ahead?.(input))) as A);
    };
}

function readInput<P, Q, H, B, A>(ctx: HttpContext, guard: Guard<P, Q, H, B, A>): Input<P, Q, H, B> {
  const input: Record<string, unknown> = {};
  const issues: FieldIssue[] = [];
  const parametersMax = guard.inputFirst === true ? STRANGERS_PARAMETERS_MAX : PARAMETERS_MAX;
  for (const part of PARTS) {
    const schema = guard[part];
    if (schema === undefined) continue;
    const parsed = parseInput<unknown>(schema, rawPart(ctx, part, parametersMax), guard.inputFirst === true ? part : '');
    if (parsed.ok) input[part] = parsed.value;
    else issues.push(...parsed.issues);
    if (issues.length > 0 && guard.inputFirst !== true) break;
  }
  if (issues.length > 0) throw invalidRequest(issues);
  return input as unknown as Input<P, Q, H, B>;
}

function recordingIdIn(params: unknown): string | undefined {
  return (params as { recordingId?: string } | undefined)?.recordingId;
}

function rawPart(ctx: HttpContext, part: (typeof PARTS)[number], parametersMax: number): unknown {
  switch (part) {
    case 'params':
      return ctx.params;
    case 'query':
      return parseQuery(ctx.querystring, { parameterLimit: parametersMax });
    case 'headers':
      return ctx.headers;
    case 'body':
      return ctx.request.body ?? {};
  }
}
