import type { ActorStore } from '../kernel/actor-store.js';
import type { Page, PageCursor } from '../ports/pages.js';
import type { RoomContext, RoomDocument } from './room.js';

export interface RoomFilter {
  /** Case-insensitive substring of the room's name. */
  roomName?: string;
}

/**
 * Rooms beside the kernel's view of them. Lists leave deleted rooms out, newest creation first; the cursor's value is
 * `creationDate`.
 *
 * @throws StoreUnavailableError every method, retryable
 */
export interface RoomStore extends ActorStore<RoomContext> {
  /** @param limit 1 to 100 */
  list(filter: RoomFilter, limit: number, after?: PageCursor): Promise<Page<RoomDocument>>;
  /** Rooms whose `autoDeletionDate` lies before this instant, the earliest first; each once, though rooms go meanwhile. */
  expired(before: number): AsyncIterable<RoomDocument>;
  /** Every room whose meeting is on, in no order; costs those rooms, not all. */
  inMeeting(): AsyncIterable<RoomDocument>;
}
