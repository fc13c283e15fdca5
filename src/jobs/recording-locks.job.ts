import type { Clock } from '../clock.js';
import { LocksUnavailableError } from '../errors.js';
import type { Log } from '../logging.js';
import { isLeftBehind } from '../machines/recording/commands/room-lock.js';
import type { RecordingStore } from '../machines/recording/recording-store.js';
import type { RoomLocks } from '../machines/ports/room-locks.js';
import { isLive, type RecordingDocument } from '../machines/recording/recording.js';
import { countEach, type Counts, type Job } from './job.js';

export interface RecordingLockOptions {
  locks: RoomLocks;
  store: Pick<RecordingStore, 'load' | 'unsettled'>;
  clock: Clock;
  log: Log;
  /** Full life of a room's lock, milliseconds. */
  lockTtlMs: number;
}

type Kept = 'held' | 'replaced' | 'contended' | 'without_lock' | 'over';

export function createRecordingLockJob(options: RecordingLockOptions & { intervalMs: number }): Job {
  return {
    name: 'recordingLockKeeper',
    intervalMs: options.intervalMs,
    atStart: true,
    run: (signal) => keepRecordingLocks(options, signal),
  };
}

/**
 * Hold the room lock for every live recording, by the value in its record: a lock is renewed long before its time, and taken
 * again when the lock service has lost it.
 *
 * @throws LocksUnavailableError some could not be held, so that all are tried again soon
 */
export async function keepRecordingLocks(options: RecordingLockOptions, signal: AbortSignal): Promise<Counts> {
  const { locks, store, clock, log, lockTtlMs } = options;
  const nameOf = ({ uid, roomId }: RecordingDocument) => ({ recording: uid, room: roomId });
  const counts = await countEach(liveRecordings(), { signal, log }, nameOf, keep);
  const { failed = 0 } = counts;
  if (failed > 0) throw new LocksUnavailableError(`${String(failed)} locks of live recordings could not be held`);
  return counts;

  async function* liveRecordings(): AsyncGenerator<RecordingDocument> {
    for await (const recording of store.unsettled()) if (isLive(recording)) yield recording;
  }

  async function keep({ uid, roomId, lockValue, createdAt }: RecordingDocument): Promise<Kept> {
    // It was adopted without a lock; nobody else can record the room either way.
    if (lockValue === undefined) return 'without_lock';
    const kept = await hold(roomId, { value: lockValue, uid, createdAt });
    const recording = kept === 'contended' ? undefined : await store.load(uid);
    if (kept === 'contended' || (recording !== undefined && isLive(recording))) return kept;
    // It ended meanwhile and may have freed its lock before we took it.
    await locks.release(roomId, lockValue);
    return 'over';
  }

  async function hold(
    roomId: string,
    holder: { value: string; uid: string; createdAt: number },
  ): Promise<'held' | 'replaced' | 'contended'> {
    const attempt = await locks.hold(roomId, holder, lockTtlMs);
    if (attempt.acquired) return 'held';
    const other = attempt.holder;
    if (other === undefined || !(await isLeftBehind(other, store, clock.now()))) return 'contended';
    return (await locks.hold(roomId, holder, lockTtlMs, other)).acquired ? 'replaced' : 'contended';
  }
}
