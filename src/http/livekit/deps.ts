import type { Logger } from '../../logging.js';
import type { LiveKitEvent } from '../../machines/reconcile/livekit-events.js';

/** LiveKit's webhooks: how they are read, and what becomes of them. */
export interface LiveKitEvents {
  /**
   * Check the signature over exactly this body and decode it.
   *
   * @param rawBody the body's text as it arrived, byte for byte
   * @param authorization the header as it came: a bare JWT
   * @throws TallyError `webhook.rejected`: not signed by our LiveKit
   */
  verify(rawBody: string, authorization: string | undefined): Promise<LiveKitEvent>;
  /** Resolves after the commit. @throws StoreUnavailableError (retryable: LiveKit repeats) */
  handle(event: LiveKitEvent): Promise<void>;
}

export interface LiveKitDeps {
  livekitEvents: LiveKitEvents;
  log: Logger;
}
