import type { Log } from '../../../logging.js';
import { orphanedLockFreed } from '../../../observability/events.js';
import type { RoomLocks } from '../../ports/room-locks.js';
import type { RecordingStore } from '../recording-store.js';
import { isLive } from '../recording.js';

export interface OrphanedLocksOptions {
  locks: Pick<RoomLocks, 'list' | 'release'>;
  store: Pick<RecordingStore, 'load'>;
  log: Log;
}

/**
 * Free the room locks that no live recording holds: a killed process leaves one when it dies between taking the lock and storing
 * the record. Only for a process that is alone on its stores, so that no start is between the two.
 *
 * @throws LocksUnavailableError, StoreUnavailableError retryable
 */
export async function releaseOrphanedLocks({ locks, store, log }: OrphanedLocksOptions): Promise<void> {
  for (const { roomId, uid, value } of await locks.list()) {
    const recording = await store.load(uid);
    if (recording !== undefined && isLive(recording)) continue;
    await locks.release(roomId, value);
    orphanedLockFreed(log, { room: roomId, recording: uid });
  }
}
