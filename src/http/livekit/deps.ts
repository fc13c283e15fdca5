import type { Logger } from '../../logging.js';
import type { LiveKitEvent } from '../../machines/reconcile/intake.js';

/** Verifies and handles the webhooks of LiveKit. */
export interface LiveKitEvents {
  /**
   * Check the token.
   *
   * @param authorization the unchanged header: a bare JWT
   * @returns checks and decodes the text of the body, byte for byte as it arrived
   * @throws TallyError `webhook.rejected`, from both: our LiveKit did not sign this token, or this body
   */
  verify(authorization: string | undefined): Promise<(rawBody: string) => LiveKitEvent>;
  /** Resolves after the commit. @throws StoreUnavailableError (retryable: LiveKit repeats the webhook) */
  handle(event: LiveKitEvent): Promise<void>;
}

export interface LiveKitDeps {
  livekitEvents: LiveKitEvents;
  log: Logger;
}
