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
