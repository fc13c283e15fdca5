import type { Clock } from '../clock.js';
import { levelOfRetried, toError } from '../errors.js';
import type { Log } from '../logging.js';
import type { LiveKitGateway } from '../machines/ports/livekit-gateway.js';
import type { LockHolder, RoomLocks } from '../machines/ports/room-locks.js';
import type { RecordingStore } from '../machines/recording/recording-store.js';
import { orphanedLockFreed } from '../observability/events.js';
import { countEach, type Counts } from './job.js';

export interface OrphanedLockOptions {
  locks: RoomLocks;
  store: Pick<RecordingStore, 'findLive'>;
  livekit: Pick<LiveKitGateway, 'listEgress'>;
  clock: Clock;
  log: Log;
  /** Minimum age of a lock to be freed, milliseconds: a younger lock may belong to a start whose recording is not stored yet. */
  graceMs: number;
}

type Lock = { roomId: string } & LockHolder;

/**
 * Free the room locks that neither a recording nor an egress needs. Such a lock remains when a process dies between acquiring the
 * lock and storing the recording; OpenVidu Meet leaves some, too.
 */
export async function collectOrphanedLocks(options: OrphanedLockOptions, signal: AbortSignal): Promise<Counts> {
  const { locks, store, livekit, clock, log, graceMs } = options;
  const isRecorded = async ({ roomId }: Lock) => (await store.findLive(roomId)) !== undefined;
  const isHeld = async ({ roomId, value }: Lock) => (await locks.find(roomId))?.value === value;
  return countEach(await listQuietly(), { signal, log }, ({ roomId }) => ({ room: roomId }), judge);

  /** If the locks cannot be listed, none is freed; the next run lists them again. */
  async function listQuietly(): Promise<Lock[]> {
    try {
      return await locks.list();
    } catch (error) {
      log[levelOfRetried(error)]({ err: toError(error) }, 'the room locks could not be listed');
      return [];
    }
  }

  /** Decides about one lock; the first rule that applies wins. */
  async function judge(lock: Lock): Promise<'kept' | 'skipped' | 'released'> {
    if (await isRecorded(lock)) return 'kept';
    if (!(await isHeld(lock))) return 'skipped';
    if (lock.createdAt === undefined) return release(lock);
    if (clock.now() - lock.createdAt < graceMs) return 'kept';
    const running = await livekit.listEgress({ roomName: lock.roomId, active: true });
    return running.length > 0 ? 'kept' : release(lock);
  }

  /** Checks once more: a recording may have been stored, or the lock may have another holder by now. */
  async function release(lock: Lock): Promise<'kept' | 'skipped' | 'released'> {
    if (!(await isHeld(lock))) return 'skipped';
    if (await isRecorded(lock)) return 'kept';
    await locks.release(lock.roomId, lock.value);
    orphanedLockFreed(log, { room: lock.roomId, recording: lock.uid });
    return 'released';
  }
}
