import type Koa from 'koa';
import { afterEach, expect } from 'vitest';
import { z } from 'zod';

import { TallyError } from '../../../src/errors.js';
import type { Capability } from '../../../src/http/route/capability.js';
import type { HttpContext, HttpState } from '../../../src/http/route/context.js';
import type { Route } from '../../../src/http/route/route.js';

/** The body that all errors share. */
const errorBody = z.strictObject({
  error: z.string(),
  message: z.string(),
  details: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
});

const violations: string[] = [];

afterEach(() => {
  expect(violations.splice(0)).toEqual([]);
});

/** Compare all answers of all routes with their declarations. A test in which an answer differs fails. */
export function checkAnswers(app: Koa<HttpState>, capabilities: readonly Capability[]): void {
  const routes = new Map(capabilities.flatMap(({ routes = [] }) => routes.map((route) => [route.name, route])));
  app.middleware.unshift(async (ctx, next) => {
    await next();
    const { error } = ctx.state;
    const route = routes.get(ctx.state.route ?? '');
    if (route !== undefined && !ctx.res.closed) violations.push(...violationsOf(route, ctx as HttpContext, error));
  });
}

function violationsOf(route: Route, ctx: HttpContext, error: Error | undefined): string[] {
  const { status } = ctx;
  const complain = (what: string) => [`${route.name} answered ${status}: ${what}`];
  const declared = route.steps.flatMap(({ contract }) => (contract.kind === 'answers' ? [contract.declared] : []))[0]?.[status];
  // An error that the table answers has a body; without one, the answer is the route's own.
  if (declared !== undefined && (error === undefined || ctx.body === null)) {
    if (!('contentType' in declared)) return issuesOf(declared, ctx.body).flatMap(complain);
    const isEmpty = ctx.body === null || ctx.body === undefined;
    const isDeclared = declared.contentType === undefined ? isEmpty : ctx.response.type === declared.contentType;
    return isDeclared ? [] : complain(`not ${declared.contentType ?? 'empty'} but ${ctx.response.type}`);
  }
  if (error === undefined) return complain('a status that it does not declare');
  const codes = route.steps.flatMap(({ contract }) => [...contract.errors]);
  const isDeclared = isFaultOrOutage(ctx.body) || (error instanceof TallyError && codes.includes(error.code));
  return [
    ...(isDeclared
      ? []
      : complain(`an error that it does not declare: ${error instanceof TallyError ? error.code : error.name}`)),
    ...issuesOf(errorBody, ctx.body).flatMap(complain),
  ];
}

/** Whether the answer is an unexpected error or an outage, which any route may give without a declaration. */
function isFaultOrOutage(body: unknown): boolean {
  const { error, message } = body as { error?: string; message?: string };
  return message?.startsWith('Unexpected error while ') === true || /^(Storage|Lock|LiveKit) Error$/.test(error ?? '');
}

function issuesOf(schema: z.ZodType, body: unknown): string[] {
  // Clients do not receive members that are undefined.
  const sent: unknown = body === undefined ? undefined : JSON.parse(JSON.stringify(body));
  return schema.safeParse(sent).error?.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`) ?? [];
}
