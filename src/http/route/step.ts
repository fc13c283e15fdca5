import type { z } from 'zod';

import type { Authenticate } from '../auth/authenticate.js';
import type { CredentialKind } from '../auth/principal.js';
import type { HttpContext } from './context.js';

/** Services of the server for the steps of all routes. */
export interface Services {
  authenticate: Authenticate;
}

/** The parts of a request and their schemas. */
export interface Parts {
  params?: z.ZodType;
  query?: z.ZodType;
  headers?: z.ZodType;
  body?: z.ZodType;
}

/** An answer without JSON: the handler writes the body to the context. */
export interface Content {
  contentType: string | undefined;
}

/** The answers that a route promises, keyed by status. */
export type Declared = Readonly<Record<number, z.ZodType | Content>>;

/** The promise of a step. Tests compare real answers with it. */
export type StepContract =
  | { kind: 'allows'; credentials: readonly CredentialKind[]; errors: readonly string[] }
  | { kind: 'reads'; parts: Parts; errors: readonly string[] }
  | { kind: 'needs'; errors: readonly string[] }
  | { kind: 'doing'; errors: readonly [] }
  | { kind: 'answers'; declared: Declared; errors: readonly string[] };

/** One check or action of a route. */
export interface Step {
  contract: StepContract;
  /**
   * @param gathered the results of the earlier steps
   * @returns members to add to `gathered`
   * @throws TallyError ends the request with this error
   */
  run(ctx: HttpContext, gathered: object, services: Services): object | undefined | Promise<object | undefined>;
}
