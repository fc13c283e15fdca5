import type { Log } from '../../../logging.js';
import { orphanedLockFreed } from '../../../observability/events.js';
import type { LockAttempt, LockHolder, RoomLocks } from '../../ports/room-locks.js';
import { LOOK_FOR_MS } from '../effects/start-call.js';
import type { RecordingStore } from '../recording-store.js';
import { isCancelling, isLive, type RecordingDocument, topStateOf } from '../recording.js';
import type { RecordingCommandOptions } from './options.js';

/** Lifetime of the room lock until the recording is stored, milliseconds; after that an effect of the recording extends it. */
const CLAIM_LOCK_MS = 15_000;
/** LiveKit has answered a normal start by then, milliseconds. */
const NORMAL_START_MS = 5_000;

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
  const claimLeftMs = lateLeftMs(claimAgeMs(holder, now), CLAIM_LOCK_MS);
  return { ...attempt, heldForMs: recording === undefined ? claimLeftMs : heldForMs(recording, now) };
}

/**
 * How long a recording at most keeps its room although it may never record: its start is being undone, or LiveKit has not answered
 * for 5 s.
 *
 * @returns milliseconds; undefined when the start is normal so far, or when the end depends on LiveKit alone
 */
export function heldForMs(recording: RecordingDocument, now: number): number | undefined {
  if (topStateOf(recording) !== 'starting') return undefined;
  const { egressId, calledAt, createdAt, deadline } = recording;
  const ageMs = now - (calledAt ?? createdAt);
  if (!isCancelling(recording)) return egressId === undefined ? lateLeftMs(ageMs, LOOK_FOR_MS) : undefined;
  return egressId === undefined ? LOOK_FOR_MS - ageMs : deadline && deadline.at - now;
}

/** @returns the rest of the limit, milliseconds; undefined while the start may be a normal one */
function lateLeftMs(ageMs: number, limitMs: number): number | undefined {
  return ageMs < NORMAL_START_MS ? undefined : limitMs - ageMs;
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
  return recording === undefined ? claimAgeMs(holder, now) > CLAIM_LOCK_MS : !isLive(recording);
}

function claimAgeMs({ createdAt = -Infinity }: LockHolder, now: number): number {
  return now - createdAt;
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
