import type { LockHolder } from '../../ports/room-locks.js';
import type { RecordingStore } from '../recording-store.js';
import { isLive } from '../recording.js';

/** Life of the room lock until the record exists, milliseconds; the record's own effect then extends it. */
export const CLAIM_LOCK_MS = 15_000;

/**
 * Whether the recording that a lock was taken for no longer holds the room, or never came to be: then the lock says nothing.
 * One without a date is no start of ours.
 *
 * @throws StoreUnavailableError retryable
 */
export async function isLeftBehind(
  { uid, createdAt }: LockHolder,
  store: Pick<RecordingStore, 'load'>,
  now: number,
): Promise<boolean> {
  const recording = await store.load(uid);
  if (recording !== undefined) return !isLive(recording);
  return createdAt === undefined || now - createdAt > CLAIM_LOCK_MS;
}
