import type { CredentialKind } from '../auth/principal.js';
import type { Step } from './step.js';

/** End the request with 401 unless it carries one of these credentials, tried in this order. */
export function allows(credentials: readonly CredentialKind[]): Step {
  return {
    contract: { kind: 'allows', credentials, errors: ['auth.no_credential', 'auth.invalid_api_key', 'auth.no_api_keys'] },
    async run(ctx, _gathered, { authenticate }) {
      const { operation } = ctx.state;
      ctx.state.operation = 'checking credentials';
      const principal = await authenticate(ctx, credentials);
      ctx.state.principal = principal;
      ctx.state.operation = operation;
      return { principal };
    },
  };
}
