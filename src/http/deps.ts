import type { ApiKeyStore } from '../accounts/ports.js';
import type { Clock } from '../clock.js';
import type { Logger } from '../logging.js';
import type { RecordingCommands } from '../machines/recording/commands/commands.js';
import type { LiveKitEvent } from '../machines/reconcile/livekit-events.js';
import type { MediaStore } from '../machines/ports/media.js';
import type { RecordingStore } from '../machines/recording/recording-store.js';
import type { RoomCommands } from '../machines/room/commands/commands.js';
import type { RoomStore } from '../machines/room/room-store.js';

/** LiveKit's webhooks: what they say, and what becomes of it. */
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

/** How one dependency answered just now. */
export interface DependencyReport {
  ok: boolean;
  latencyMs: number;
  /** Why it is not ok. */
  reason?: string;
  /** Of the clock: by how much it is ahead, milliseconds; negative: behind. */
  offsetMs?: number;
}

export interface HttpDeps {
  recordings: RecordingCommands;
  recordingStore: Pick<RecordingStore, 'list'>;
  rooms: RoomCommands;
  roomStore: Pick<RoomStore, 'list'>;
  media: Pick<MediaStore, 'stat' | 'read' | 'open' | 'presign'>;
  apiKeys: Pick<ApiKeyStore, 'list'>;
  livekitEvents: LiveKitEvents;
  /** By the name of the dependency; `store` decides whether we are ready. */
  readiness(): Promise<Record<string, DependencyReport>>;
  log: Logger;
  /** In front of every link when set; else each request's own scheme and host. */
  baseUrl?: string;
  /** `Access-Control-Allow-Origin`, verbatim; empty turns CORS off. */
  corsOrigin: string;
  /** Proxies in front of us whose `X-Forwarded-*` headers count; 0 trusts none. */
  trustProxyHops: number;
  /** The port we listen on, for links when a request names no host. */
  port: number;
  clock?: Clock;
  /** How far ahead a room's automatic deletion must lie; one hour unless told. */
  minAutoDeletionLeadMs?: number;
}
