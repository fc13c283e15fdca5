import type { EndedBy } from './egress.js';
import type { EndReason, Failure, Outcome } from './outcome.js';

/** What a script may let happen to one egress: each verb is one thing a recorder does. */
export interface Recorder {
  /** The worker registers the egress. */
  accept(): void;
  /** Chrome is up and joins the room. */
  joinRoom(): void;
  leaveRoom(): void;
  /** Resolves when somebody in the room publishes. */
  mediaArrives(): Promise<void>;
  activate(): void;
  /** Stop capturing and finish the file; the ENDING snapshot of a browser egress has no file times yet. */
  end(reason: EndReason, by: EndedBy): void;
  /** No media is captured any more; what is still to come takes no time off the recording. */
  stopCapture(by: EndedBy): void;
  /** Write the file, then report the outcome; an upload that fails is the outcome. */
  complete(outcome?: Outcome): Promise<void>;
  fail(failure: Failure): void;
  /** Ended before it was ACTIVE: never a file. */
  abort(reason: EndReason, by: EndedBy): void;
  /** The process is gone without a word: nothing is published, ever. */
  vanish(): void;
  /** Somebody deletes the room through the API. */
  deleteRoom(): void;
  /** Somebody deletes the room before the browser is in it; by joining, the browser makes it anew. */
  joinDeletedRoom(): void;
}
