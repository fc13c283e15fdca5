import type { Log } from '../../../logging.js';
import { orphanedLockFreed } from '../../../observability/events.js';
import type { LockAttempt, LockHolder, RoomLocks } from '../../ports/room-locks.js';
import { LOOK_FOR_MS } from '../effects/start-call.js';
import type { RecordingStore } from '../recording-store.js';
import { isCancelling, isLive, type RecordingDocument, topStateOf } from '../recording.js';
import type { RecordingCommandOptions } from './options.js';

/** Lifetime of the room lock until the recording is stored, milliseconds; after that an effect of the recording extends it. */
const CLAIM_LOCK_MS = 15_000;

/** Another recording or start has the room. @see RecordingAlreadyActiveError for `heldForMs` */
export interface RoomTaken {
  acquired: false;
  holder: LockHolder | undefined;
  heldForMs?: number | undefined;
}

/**
 * Acquire a room's lock for a start, or take it over from a holder that no longer needs it.
 *
 * @throws LocksUnavailableError, StoreUnavailableError retryable
 */
export async function lockRoom(
  { locks, store, clock }: RecordingCommandOptions,
  roomId: string,
  uid: string,
  startKey?: string,
): Promise<Exclude<LockAttempt, { acquired: false }> | RoomTaken> {
  const attempt = await locks.acquire(roomId, uid, CLAIM_LOCK_MS, startKey);
  if (attempt.acquired || attempt.holder === undefined) return attempt;
  const { holder } = attempt;
  const recording = await store.load(holder.uid);
  const now = clock.now();
  if (isUnneeded(holder, recording, now)) return locks.replace(roomId, holder, uid, CLAIM_LOCK_MS, startKey);
  return { ...attempt, heldForMs: recording === undefined ? claimLeftMs(holder, now) : heldForMs(recording, now) };
}

/**
 * How long a recording at most keeps its room although it may never record: its start is being undone, or LiveKit has not answered.
 *
 * @returns milliseconds; undefined when the recording is under way, or when its end depends on LiveKit alone
 */
export function heldForMs(recording: RecordingDocument, now: number): number | undefined {
  if (topStateOf(recording) !== 'starting') return undefined;
  const { egressId, calledAt, createdAt, deadline } = recording;
  if (egressId === undefined) return (calledAt ?? createdAt) + LOOK_FOR_MS - now;
  return isCancelling(recording) && deadline !== undefined ? deadline.at - now : undefined;
}

/**
 * Whether a room lock is no longer needed: its recording is no longer live, or its start stored no recording within 15 s. Tally
 * dates its locks; a lock without a date is not needed.
 *
 * @throws StoreUnavailableError retryable
 */
export async function isLeftBehind(holder: LockHolder, store: Pick<RecordingStore, 'load'>, now: number): Promise<boolean> {
  return isUnneeded(holder, await store.load(holder.uid), now);
}

function isUnneeded(holder: LockHolder, recording: RecordingDocument | undefined, now: number): boolean {
  return recording === undefined ? claimLeftMs(holder, now) < 0 : !isLive(recording);
}

function claimLeftMs({ createdAt }: LockHolder, now: number): number {
  return createdAt === undefined ? -1 : createdAt + CLAIM_LOCK_MS - now;
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
