import type { Clock } from '../clock.js';
import { toError } from '../errors.js';
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
  /** How old a lock must be to be freed, milliseconds: a younger one may belong to a start that has no record yet. */
  graceMs: number;
}

type Lock = { roomId: string } & LockHolder;

/**
 * Free the room locks that neither a recording nor an egress needs. A killed process leaves one when it dies between taking the
 * lock and storing the record; OpenVidu Meet leaves others.
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
      log.warn({ err: toError(error) }, 'the room locks could not be listed');
      return [];
    }
  }

  /** From top to bottom, the first that fits. */
  async function judge(lock: Lock): Promise<'kept' | 'skipped' | 'released'> {
    if (await isRecorded(lock)) return 'kept';
    if (!(await isHeld(lock))) return 'skipped';
    if (lock.createdAt === undefined) return release(lock);
    if (clock.now() - lock.createdAt < graceMs) return 'kept';
    const running = await livekit.listEgress({ roomName: lock.roomId, active: true });
    return running.length > 0 ? 'kept' : release(lock);
  }

  /** Since the first questions a recording may have come, and the lock may have gone to another holder. */
  async function release(lock: Lock): Promise<'kept' | 'skipped' | 'released'> {
    if (!(await isHeld(lock))) return 'skipped';
    if (await isRecorded(lock)) return 'kept';
    await locks.release(lock.roomId, lock.value);
    orphanedLockFreed(log, { room: lock.roomId, recording: lock.uid });
    return 'released';
  }
}
