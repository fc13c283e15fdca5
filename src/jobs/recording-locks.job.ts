import type { Clock } from '../clock.js';
import { inBatches } from '../concurrency.js';
import { LocksUnavailableError } from '../errors.js';
import type { Log } from '../logging.js';
import type { Holding, LockHolder, RoomLocks, WantedLock } from '../machines/ports/room-locks.js';
import { isLeftBehind } from '../machines/recording/commands/room-lock.js';
import type { RecordingStore } from '../machines/recording/recording-store.js';
import { isLive } from '../machines/recording/recording.js';
import { countEach, type Counts } from './job.js';

export interface RecordingLockOptions {
  locks: RoomLocks;
  store: Pick<RecordingStore, 'load' | 'unsettled'>;
  clock: Clock;
  log: Log;
  /** Full lifetime of a room lock, milliseconds. */
  lockTtlMs: number;
}

/** The outcome for the room lock of one live recording. */
type Kept = 'held' | 'replaced' | 'contended' | 'without_lock' | 'over';

/** A live recording and its room lock; an adopted recording has no lock. */
interface Live {
  uid: string;
  roomId: string;
  lock: WantedLock | undefined;
}

/** Number of locks in one request to the lock service. */
const AT_ONCE = 1_000;

/**
 * Make sure that every live recording holds its room lock, with the value stored in the recording. A lock is extended well before
 * it expires, and acquired again if the lock service has lost it.
 *
 * @throws LocksUnavailableError some locks could not be held; the scheduler then repeats the run soon
 */
export async function keepRecordingLocks(options: RecordingLockOptions, signal: AbortSignal): Promise<Counts> {
  const { locks, store, clock, log, lockTtlMs } = options;
  const nameOf = ({ live }: { live: Live }) => ({ recording: live.uid, room: live.roomId });
  const counts = await countEach(held(), { signal, log }, nameOf, ({ live, holding }) => judge(live, holding));
  const { failed = 0 } = counts;
  if (failed > 0) throw new LocksUnavailableError(`${String(failed)} locks of live recordings could not be held`);
  return counts;

  async function* liveRecordings(): AsyncGenerator<Live> {
    for await (const recording of store.unsettled()) {
      const { uid, roomId, lockValue: value, createdAt } = recording;
      const lock = value === undefined ? undefined : { roomId, holder: { value, uid, createdAt } };
      if (isLive(recording)) yield { uid, roomId, lock };
    }
  }

  async function* held(): AsyncGenerator<{ live: Live; holding: Holding | undefined }> {
    for await (const batch of inBatches(liveRecordings(), AT_ONCE)) {
      const holdings = await locks.hold(
        batch.flatMap(({ lock }) => lock ?? []),
        lockTtlMs,
      );
      for (const live of batch) yield { live, holding: holdings.get(live.roomId) };
    }
  }

  async function judge({ uid, lock }: Live, holding: Holding | undefined): Promise<Kept> {
    // The recording was adopted without a lock; its unique `liveKey` keeps the room from being recorded twice.
    if (lock === undefined || holding === undefined) return 'without_lock';
    if (holding === 'kept') return 'held';
    if (holding === 'taken') return confirm(uid, lock, 'held');
    if ('failed' in holding) throw holding.failed;
    const { heldBy } = holding;
    if (heldBy === undefined || !(await isLeftBehind(heldBy, store, clock.now()))) return 'contended';
    return takeOver(uid, lock, heldBy);
  }

  async function takeOver(uid: string, lock: WantedLock, instead: LockHolder): Promise<Kept> {
    const again = (await locks.hold([{ ...lock, instead }], lockTtlMs)).get(lock.roomId);
    if (again === 'kept' || again === 'taken') return confirm(uid, lock, 'replaced');
    if (again !== undefined && 'failed' in again) throw again.failed;
    return 'contended';
  }

  /** Releases the lock again if the recording has ended: its own release may have come before this run acquired the lock. */
  async function confirm(uid: string, { roomId, holder }: WantedLock, kept: Kept): Promise<Kept> {
    const recording = await store.load(uid);
    if (recording !== undefined && isLive(recording)) return kept;
    await locks.release(roomId, holder.value);
    return 'over';
  }
}
