export interface LockHolder {
  value: string;
  /** uid of the recording that holds the lock; '' when another program acquired it. */
  uid: string;
  /** When the lock was acquired, epoch milliseconds; absent when another program did not store it. */
  createdAt?: number;
  /** The unique `startKey` of a start with an Idempotency-Key, so that its repeats know that the lock is theirs. */
  startKey?: string;
}

/** A holder that Tally registered itself. */
export type DatedHolder = LockHolder & { createdAt: number };

export type LockAttempt = { acquired: true; value: string } | { acquired: false; holder: LockHolder | undefined };

/** A lock that `holder` should have. */
export interface WantedLock {
  roomId: string;
  holder: DatedHolder;
  /** The holder from which the lock may be taken over; without it, another holder's lock is not changed. */
  instead?: LockHolder;
}

/**
 * The outcome for a wanted lock: its holder had it already, its holder has just acquired it, another holder has it, or the
 * request failed and the outcome is unknown.
 */
export type Holding = 'kept' | 'taken' | { heldBy: LockHolder | undefined } | { failed: Error };

/**
 * Locks in front of the unique `liveKey`: they refuse a second start in a busy room cheaply. A refusal is a result, not an error.
 *
 * @throws LocksUnavailableError from every method: the lock service does not answer, which never means "held" (retryable)
 */
export interface RoomLocks {
  /** Try once to acquire the lock. @param ttlMs lifetime of the lock, milliseconds, 1 or more */
  acquire(roomId: string, uid: string, ttlMs: number, startKey?: string): Promise<LockAttempt>;
  /** Take the lock over from exactly this holder; not acquired when another holder has it by now. */
  replace(roomId: string, holder: LockHolder, uid: string, ttlMs: number, startKey?: string): Promise<LockAttempt>;
  /**
   * Give each wanted lock to its holder: the holder keeps it, acquires it if it is free, or takes it over from `instead`. All
   * locks with more than half of their lifetime left cost one request together.
   *
   * @param wanted at most one lock per room
   * @param ttlMs lifetime of the locks, milliseconds, 1 or more; each lock lasts at least half of it
   * @returns the outcome for each lock, by room id
   */
  hold(wanted: readonly WantedLock[], ttlMs: number): Promise<ReadonlyMap<string, Holding>>;
  /** Extend the lock. @returns false when it has another value or does not exist */
  extend(roomId: string, value: string, ttlMs: number): Promise<boolean>;
  /** Free the lock if it still has this value; otherwise do nothing. */
  release(roomId: string, value: string): Promise<void>;
  /** The holder of the lock; undefined when the lock is free or its holder is unknown. */
  find(roomId: string): Promise<LockHolder | undefined>;
  /** All locks whose holder is known, to find the orphaned ones. */
  list(): Promise<({ roomId: string } & LockHolder)[]>;
}
