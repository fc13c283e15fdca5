import type { ActorStore } from '../kernel/actor-store.js';
import type { Page, PageCursor } from '../ports/pages.js';
import type { ListedRecording, RecordingContext, RecordingDocument, RecordingStatus } from './recording.js';

/** Which recordings a list shows; several members are joined by AND. */
export interface RecordingFilter {
  roomId?: string;
  /** Case-insensitive substring of the room's name. */
  roomName?: string;
  status?: RecordingStatus;
}

/**
 * The store of recordings: the kernel's store, and queries. Lists contain only recordings whose egress is known and that are not
 * deleted, newest start first, ties by the store's own key.
 *
 * @throws StoreUnavailableError from every method (retryable)
 */
export interface RecordingStore extends ActorStore<RecordingContext> {
  /** The live recording of a room. */
  findLive(roomId: string): Promise<RecordingDocument | undefined>;
  /** Every recording that is neither settled nor deleted, in no order. */
  unsettled(): AsyncIterable<RecordingDocument>;
  findByStartKey(startKey: string): Promise<RecordingDocument | undefined>;
  /** @param limit 1 to 100 */
  list(filter: RecordingFilter, limit: number, after?: PageCursor): Promise<Page<ListedRecording>>;
  /** Whether the room has a recording whose egress is known and that is not deleted. */
  hasRecordings(roomId: string): Promise<boolean>;
  /** Keys of every recording of the room that is not deleted, whatever its state. */
  keysOfRoom(roomId: string): AsyncIterable<string>;
}
