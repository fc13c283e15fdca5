import type { Logger } from '../../logging.js';
import type { LiveKitEvent } from '../../machines/reconcile/intake.js';

/** Verifies and handles the webhooks of LiveKit. */
export interface LiveKitEvents {
  /**
   * Check the signature over exactly this body and decode it.
   *
   * @param rawBody the text of the body, byte for byte as it arrived
   * @param authorization the unchanged header: a bare JWT
   * @throws TallyError `webhook.rejected`: our LiveKit did not sign this body
   */
  verify(rawBody: string, authorization: string | undefined): Promise<LiveKitEvent>;
  /** Resolves after the commit. @throws StoreUnavailableError (retryable: LiveKit repeats the webhook) */
  handle(event: LiveKitEvent): Promise<void>;
}

export interface LiveKitDeps {
  livekitEvents: LiveKitEvents;
  log: Logger;
}
