import type { Clock } from '../clock.js';
import { toError } from '../errors.js';
import type { Log } from '../logging.js';
import type { LiveKitGateway } from '../machines/ports/livekit-gateway.js';
import type { LockHolder, RoomLocks } from '../machines/ports/room-locks.js';
import type { RecordingStore } from '../machines/recording/recording-store.js';
import { countEach } from './count-each.js';
import type { Counts, Job } from './job.js';

export interface OrphanedLockOptions {
  locks: RoomLocks;
  store: Pick<RecordingStore, 'findLive'>;
  livekit: Pick<LiveKitGateway, 'listEgress'>;
  clock: Clock;
  log: Log;
  /** How old a lock must be to be freed, milliseconds: a younger one may belong to a start that is on its way. */
  graceMs: number;
}

type Lock = { roomId: string } & LockHolder;

export function createOrphanedLockJob(options: OrphanedLockOptions & { intervalMs: number }): Job {
  return {
    name: 'activeRecordingGarbageCollector',
    intervalMs: options.intervalMs,
    atStart: true,
    run: (signal) => collectOrphanedLocks(options, signal),
  };
}

/**
 * Free the room locks that keep a room from being recorded for nothing: what a killed process leaves between its lock and its
 * record, and what OpenVidu Meet left.
 */
export async function collectOrphanedLocks(options: OrphanedLockOptions, signal: AbortSignal): Promise<Counts> {
  const { locks, store, livekit, clock, log, graceMs } = options;
  return countEach(await listQuietly(), { signal, log }, ({ roomId }) => ({ room: roomId }), judge);

  /** Without the locks nothing can be freed, and nothing is lost: the next run lists them again. */
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

  /** All that was asked until here took its time: a recording may have come, and the lock have gone to another. */
  async function release(lock: Lock): Promise<'kept' | 'skipped' | 'released'> {
    if (!(await isHeld(lock))) return 'skipped';
    if (await isRecorded(lock)) return 'kept';
    await locks.release(lock.roomId, lock.value);
    log.info({ room: lock.roomId, recording: lock.uid }, 'orphaned lock freed');
    return 'released';
  }

  async function isRecorded({ roomId }: Lock): Promise<boolean> {
    return (await store.findLive(roomId)) !== undefined;
  }

  async function isHeld({ roomId, value }: Lock): Promise<boolean> {
    return (await locks.find(roomId))?.value === value;
  }
}
