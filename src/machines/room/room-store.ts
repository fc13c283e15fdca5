import type { ActorStore } from '../kernel/actor-store.js';
import type { Page, PageCursor } from '../ports/pages.js';
import type { RoomContext, RoomDocument } from './room.js';

export interface RoomFilter {
  /** Case-insensitive substring of the room's name. */
  roomName?: string;
}

/**
 * The store of rooms: the kernel's store, and queries. Lists do not contain deleted rooms, newest creation first; the cursor's
 * value is `creationDate`.
 *
 * @throws StoreUnavailableError from every method (retryable)
 */
export interface RoomStore extends ActorStore<RoomContext> {
  /** @param limit 1 to 100 */
  list(filter: RoomFilter, limit: number, after?: PageCursor): Promise<Page<RoomDocument>>;
  /** Rooms whose `autoDeletionDate` is before this instant, earliest first; each once, even if rooms are deleted meanwhile. */
  expired(before: number): AsyncIterable<RoomDocument>;
  /** Every room with a running meeting, in no order; reads only those rooms. */
  inMeeting(): AsyncIterable<RoomDocument>;
}
