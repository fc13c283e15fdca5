import type { TallyError } from '../../errors.js';
import type { HttpContext } from '../route/context.js';
import { NoCredentialError } from './errors.js';
import type { CredentialKind, Principal } from './principal.js';

export type Verdict = { granted: true; principal: Principal } | { granted: false; error: TallyError };

/** One kind of credential: how a request carries it, and how it is verified. */
export interface Credential {
  /** @returns undefined when the request carries no credential of this kind */
  read(ctx: HttpContext): string | undefined;
  /**
   * A bad credential is a verdict, not an error.
   *
   * @throws StoreUnavailableError the credential could not be checked
   */
  verify(value: string): Promise<Verdict>;
}

/** @throws TallyError when none of the accepted credentials is good */
export type Authenticate = (ctx: HttpContext, accepts: readonly CredentialKind[]) => Promise<Principal>;

/**
 * Try the accepted kinds in order and skip those that the request does not carry. The first good credential counts. If there is
 * none, the client receives the error of the last bad one.
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
