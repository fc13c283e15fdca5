import type { z } from 'zod';

import type { Authenticate } from '../auth/authenticate.js';
import type { CredentialKind } from '../auth/principal.js';
import type { HttpContext } from './context.js';

/** What the server lends to the steps of every route. */
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

/** An answer that is no JSON: the handler writes it to the context. */
export interface Content {
  contentType: string | undefined;
}

/** The answers that a route promises, by status. */
export type Declared = Readonly<Record<number, z.ZodType | Content>>;

/** What a step promises: the documentation is made of it, and tests compare real answers with it. */
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
   * @param gathered what the steps before it found
   * @returns what joins it
   * @throws TallyError the request ends with this error
   */
  run(ctx: HttpContext, gathered: object, services: Services): object | undefined | Promise<object | undefined>;
}
