import type { TallyError } from '../../errors.js';
import type { HttpContext } from '../route/context.js';
import { NoCredentialError } from '../server/errors.js';
import type { CredentialKind, Principal } from './principal.js';

export type Verdict = { granted: true; principal: Principal } | { granted: false; error: TallyError };

/** One kind of credential: where a request carries it and what makes it good. */
export interface Credential {
  /** What the request carries; undefined: nothing of this kind. */
  read(ctx: HttpContext): string | undefined;
  /** A bad credential is an answer; a store that is down throws. */
  verify(value: string): Promise<Verdict>;
}

/** @param meanwhile called as soon as there is a credential to check */
export type Authenticate = (ctx: HttpContext, accepts: readonly CredentialKind[], meanwhile?: () => void) => Promise<Principal>;

/**
 * Try the accepted kinds in order and skip those that the request does not carry. The first good one counts; else the
 * last bad one's error is the answer.
 */
export function createAuthenticate(credentials: Record<CredentialKind, Credential>): Authenticate {
  return async (ctx, accepts, meanwhile) => {
    const carried = accepts.flatMap((kind) => {
      const value = credentials[kind].read(ctx);
      return value === undefined ? [] : [{ kind, value }];
    });
    if (carried.length > 0) meanwhile?.();
    let refusal: TallyError | undefined;
    for (const { kind, value } of carried) {
      const verdict = await credentials[kind].verify(value);
      if (verdict.granted) return verdict.principal;
      refusal = verdict.error;
    }
    throw refusal ?? new NoCredentialError();
  };
}
