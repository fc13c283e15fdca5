export interface LockHolder {
  value: string;
  /** Of the recording it was taken for; '' when another program took it. */
  uid: string;
  /** Epoch milliseconds; absent when another program did not say. */
  createdAt?: number;
}

export type LockAttempt = { acquired: true; value: string } | { acquired: false; holder: LockHolder | undefined };

/** A lock that this holder is to have. */
export interface WantedLock {
  roomId: string;
  holder: Required<LockHolder>;
  /** The holder that has to give it up; without it a lock of somebody else is left alone. */
  instead?: LockHolder;
}

/**
 * What became of a wanted lock: its holder had it and keeps it, its holder has it from now on, somebody else has it, or the
 * outcome is unknown.
 */
export type Holding = 'kept' | 'taken' | { heldBy: LockHolder | undefined } | { failed: Error };

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
   * Give each wanted lock to its holder: the holder keeps it, takes it when it is free, or takes it over from `instead`. Locks
   * that have more than half of their life left cost one question for all of them together.
   *
   * @param wanted at most one a room
   * @param ttlMs lifetime of the locks, 1 or more; each lives for at least half of it
   * @returns what became of each, by room
   */
  hold(wanted: readonly WantedLock[], ttlMs: number): Promise<ReadonlyMap<string, Holding>>;
  /** @returns false when the lock has another value or is gone */
  extend(roomId: string, value: string, ttlMs: number): Promise<boolean>;
  /** Free the lock if it still has this value; anything else is left alone. */
  release(roomId: string, value: string): Promise<void>;
  /** Who holds the lock; undefined when nobody does, or when it is not known who. */
  find(roomId: string): Promise<LockHolder | undefined>;
  /** Every lock whose holder is known, for repair. */
  list(): Promise<({ roomId: string } & LockHolder)[]>;
}
