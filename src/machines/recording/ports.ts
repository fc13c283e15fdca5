import type { Readable } from 'node:stream';

import type { ActorStore } from '../kernel/actor-store.js';
import type { EgressObservation } from './events.js';
import type { ListedRecording, RecordingContext, RecordingDocument, RecordingStatus } from './recording.js';

/** Which recordings a list shows; several members are joined by AND. */
export interface RecordingFilter {
  roomId?: string;
  /** Case-insensitive substring of the room's name. */
  roomName?: string;
  status?: RecordingStatus;
}

/** Where a page ended; the next one starts strictly after it. */
export interface PageCursor {
  /** The sort field of the last item: `startDate`, null when it had none. */
  value: number | null;
  /** The store's own tie-breaker of the last item. */
  id: string;
}

export interface Page<Item> {
  items: Item[];
  /** Present exactly when more items exist. */
  next?: PageCursor;
}

/**
 * Recordings beside the kernel's view of them. Lists hold only recordings whose egress is known and that are not deleted,
 * newest start first, ties by the store's own key.
 *
 * @throws StoreUnavailableError every method, retryable
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

export interface LockHolder {
  value: string;
  /** Of the recording it was taken for; '' when another program took it. */
  uid: string;
  /** Epoch milliseconds; absent when another program did not say. */
  createdAt?: number;
}

export type LockAttempt = { acquired: true; value: string } | { acquired: false; holder: LockHolder | undefined };

/**
 * The courtesy in front of the unique `liveKey`: it keeps a busy room's rejections cheap. Losing is a result.
 *
 * @throws LocksUnavailableError every method: an outage, never to be read as "held" (retryable)
 */
export interface RoomLocks {
  /** One try. @param ttlMs lifetime of the lock, 1 or more */
  acquire(roomId: string, uid: string, ttlMs: number): Promise<LockAttempt>;
  /** Take the lock over from exactly this holder; not acquired when another holds it by now. */
  replace(roomId: string, holder: LockHolder, uid: string, ttlMs: number): Promise<LockAttempt>;
  /**
   * See to it that this holder has the lock for this long: it keeps it, takes it when it is free, or takes it over from
   * `instead`. Not acquired when somebody else holds it.
   */
  hold(roomId: string, holder: Required<LockHolder>, ttlMs: number, instead?: LockHolder): Promise<LockAttempt>;
  /** @returns false when the lock has another value or is gone */
  extend(roomId: string, value: string, ttlMs: number): Promise<boolean>;
  /** Free the lock if it still has this value; anything else is left alone. */
  release(roomId: string, value: string): Promise<void>;
  /** Who holds the lock; undefined when nobody does, or when it is not known who. */
  find(roomId: string): Promise<LockHolder | undefined>;
  /** Every lock whose holder is known, for repair. */
  list(): Promise<({ roomId: string } & LockHolder)[]>;
}

export interface MediaInfo {
  /** Bytes. */
  size: number;
  /** Epoch milliseconds. */
  modifiedAt: number;
  /** Strong entity tag, quotes included. */
  etag: string;
}

/** Bytes of a file, both ends inclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Which bytes of a file are wanted: from `start` to `end` or the file's end, or the last `suffix` ones. */
export type WantedRange = { start: number; end?: number } | { suffix: number };

/** A file whose bytes are on their way. Whoever got it reads the stream or destroys it. */
export interface OpenMedia {
  file: MediaInfo;
  /** What the stream gives; absent when that is the whole file. */
  part?: ByteRange;
  stream: Readable;
}

/**
 * Recorded files. Keys have no leading slash.
 *
 * @throws MediaUnavailableError every method: could not be asked (retryable)
 */
export interface MediaStore {
  /** undefined: there certainly is no such object. */
  stat(key: string): Promise<MediaInfo | undefined>;
  /**
   * Bytes `start` to `end`, both inclusive. The stream opens lazily and frees its source when destroyed.
   * Reading a vanished object makes the stream fail.
   */
  read(key: string, range: ByteRange, signal?: AbortSignal): Promise<Readable>;
  /**
   * What `stat` and `read` tell, in one question. Without it the two are asked one after the other.
   *
   * @param range each number a safe integer, `end` not before `start`, `suffix` 1 or more; undefined: the whole file
   * @returns undefined when there is nothing to send: no such object, or none of these bytes; `stat` tells which
   */
  open?(key: string, range: WantedRange | undefined, signal: AbortSignal): Promise<OpenMedia | undefined>;
  /**
   * A URL that gives the object to anybody for a while. Without it the bytes go through us.
   *
   * @returns a secret: it is not to be logged
   */
  presign?(key: string): Promise<string>;
  /** Removing what is not there succeeds. */
  remove(key: string): Promise<void>;
  /** The path an egress is told to write: our key as the egress sees the same storage. */
  egressPath(key: string): string;
}

/** Who is in a LiveKit room. */
export interface RoomPresence {
  identity: string;
  /** A recorder or another egress, not a person. */
  isEgress: boolean;
}

export interface LiveKitRoom {
  name: string;
  sid: string;
  /** The room's own metadata, '' when none. */
  metadata: string;
  /** Who is in it, recorders not counted; some seconds late. */
  participants: number;
  /** Whether LiveKit counts a recorder in the room; true as soon as one joins, false when the last one left. */
  activeRecording: boolean;
}

/** What became of a StartEgress call; it never throws, since every outcome means something to the recording. */
export type StartOutcome =
  | { kind: 'accepted'; egress: EgressObservation }
  /** Certainly not accepted. */
  | { kind: 'refused'; code: 'unreachable' | 'livekit'; message: string }
  /** 503: no worker answered. Certainly not accepted, yet worth one look. */
  | { kind: 'no_capacity'; message: string }
  /** 500: a worker may have it although the call failed. */
  | { kind: 'handler_failed'; message: string }
  /** Time-out, reset, 408, 409, other 5xx: anything may have happened. */
  | { kind: 'unknown'; message: string };

export type StopOutcome =
  | { kind: 'stopping'; egress: EgressObservation }
  /** 412: it is over, or its handler is. */
  | { kind: 'already_over' }
  /** 404: LiveKit does not know it. */
  | { kind: 'not_found' }
  /** 408 or 503: nobody answered for this egress. */
  | { kind: 'no_answer' };

/**
 * LiveKit's egress and room services as the recordings need them.
 *
 * @throws LiveKitUnavailableError every method but startRoomComposite: unreachable, time-out or a 5xx (retryable)
 */
export interface LiveKitGateway {
  /**
   * Start the room-composite egress of one recording. Not repeatable: the caller holds the claim. Never throws.
   *
   * @param filepath as the egress sees it, from MediaStore.egressPath
   */
  startRoomComposite(request: { roomName: string; filepath: string }): Promise<StartOutcome>;
  stopEgress(egressId: string): Promise<StopOutcome>;
  /** One egress; undefined when LiveKit answers 404. @param timeoutMs gives up after this many milliseconds */
  findEgress(egressId: string, timeoutMs?: number): Promise<EgressObservation | undefined>;
  /** @param filter.active STARTING, ACTIVE and ENDING only */
  listEgress(filter?: { roomName?: string; active?: boolean }, timeoutMs?: number): Promise<EgressObservation[]>;
  listRooms(names?: string[]): Promise<LiveKitRoom[]>;
  /** An unknown room has no participants. */
  listParticipants(roomName: string): Promise<RoomPresence[]>;
  /** Deleting a room that is not there succeeds. */
  deleteRoom(roomName: string): Promise<void>;
}
