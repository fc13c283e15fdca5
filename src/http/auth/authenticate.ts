import type { TallyError } from '../../errors.js';
import type { HttpContext } from '../route/context.js';
import { NoCredentialError } from './errors.js';
import type { CredentialKind, Principal } from './principal.js';

export type Verdict = { granted: true; principal: Principal } | { granted: false; error: TallyError };

/** One kind of credential: where a request carries it and what makes it good. */
export interface Credential {
  /** What the request carries; undefined: nothing of this kind. */
  read(ctx: HttpContext): string | undefined;
  /** @throws StoreUnavailableError it could not be checked; a bad credential is a verdict */
  verify(value: string): Promise<Verdict>;
}

/** @throws TallyError no credential is good */
export type Authenticate = (ctx: HttpContext, accepts: readonly CredentialKind[]) => Promise<Principal>;

/**
 * Try the accepted kinds in order and skip those that the request does not carry. The first good one counts; without one, the
 * error of the last bad one is the answer.
 */
export function createAuthenticate(credentials: Record<CredentialKind, Credential>): Authenticate {
  return async (ctx, accepts) => {
    let refusal: TallyError | undefined;
    for (const kind of accepts) {
      const value = credentials[kind].read(ctx);
      if (value === undefined) continue;
      const verdict = await credentials[kind].verify(value);
      if (verdict.granted) return verdict.principal;
      refusal = verdict.error;
    }
    throw refusal ?? new NoCredentialError();
  };
}
