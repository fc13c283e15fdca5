import type { Log } from '../../../logging.js';
import { orphanedLockFreed } from '../../../observability/events.js';
import type { LockAttempt, LockHolder, RoomLocks } from '../../ports/room-locks.js';
import type { RecordingStore } from '../recording-store.js';
import { isLive } from '../recording.js';
import type { RecordingCommandOptions } from './options.js';

/** Lifetime of the room lock until the recording is stored, milliseconds; after that an effect of the recording extends it. */
const CLAIM_LOCK_MS = 15_000;

/**
 * Acquire a room's lock for a start, or take it over from a holder that no longer needs it.
 *
 * @returns not acquired: another recording or start holds it
 * @throws LocksUnavailableError, StoreUnavailableError retryable
 */
export async function lockRoom(
  { locks, store, clock }: RecordingCommandOptions,
  roomId: string,
  uid: string,
  startKey?: string,
): Promise<LockAttempt> {
  const attempt = await locks.acquire(roomId, uid, CLAIM_LOCK_MS, startKey);
  if (attempt.acquired || attempt.holder === undefined) return attempt;
  if (!(await isLeftBehind(attempt.holder, store, clock.now()))) return attempt;
  return locks.replace(roomId, attempt.holder, uid, CLAIM_LOCK_MS, startKey);
}

/**
 * Whether a room lock is no longer needed: its recording is no longer live, or its start stored no recording within 15 s. Tally
 * dates its locks; a lock without a date is not needed.
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

/**
 * Free the room locks that no live recording holds: one remains when a process dies between acquiring the lock and storing the
 * recording. Only for a process that is alone on its stores, where no other start is between the two.
 *
 * @throws LocksUnavailableError, StoreUnavailableError retryable
 */
export async function releaseOrphanedLocks(
  locks: Pick<RoomLocks, 'list' | 'release'>,
  store: Pick<RecordingStore, 'load'>,
  log: Log,
): Promise<void> {
  for (const { roomId, uid, value } of await locks.list()) {
    const recording = await store.load(uid);
    if (recording !== undefined && isLive(recording)) continue;
    await locks.release(roomId, value);
    orphanedLockFreed(log, { room: roomId, recording: uid });
  }
}
