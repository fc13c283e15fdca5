import type { EndedBy } from './egress.js';
import type { EndReason, Failure, Outcome } from './outcome.js';

/** The actions of one recorder, from which scripts are made. */
export interface Recorder {
  /** The worker registers the egress. */
  accept(): void;
  /** Chrome is up and joins the room. */
  joinRoom(): void;
  leaveRoom(): void;
  /** Resolves when a participant of the room publishes. */
  mediaArrives(): Promise<void>;
  activate(): void;
  /** Stop capturing and finish the file. The ENDING snapshot of a browser egress has no file times yet. */
  end(reason: EndReason, by: EndedBy): void;
  /** Stop capturing: the length of the recording is fixed from here on. */
  stopCapture(by: EndedBy): void;
  /** Write the file, then report the outcome. If the upload fails, that is the outcome. */
  complete(outcome?: Outcome): Promise<void>;
  fail(failure: Failure): void;
  /** End the egress before it is ACTIVE, without a file. */
  abort(reason: EndReason, by: EndedBy): void;
  /** The process dies without publishing anything any more. */
  vanish(): void;
  /** The room is deleted through the API. */
  deleteRoom(): void;
  /** The room is deleted before the browser joins; by joining, the browser creates it again. */
  joinDeletedRoom(): void;
}
