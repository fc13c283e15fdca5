import type { RecordingStore } from '../recording-store.js';
import type { RoomLocks } from '../../ports/room-locks.js';
import { isLive } from '../recording.js';

/**
 * Free the room locks whose recording does not hold the room: what a killed process leaves between its lock and its record.
 * For a process that is alone on its stores; nobody else can be between the two.
 *
 * @returns how many were freed
 * @throws LocksUnavailableError, StoreUnavailableError retryable
 */
export async function releaseOrphanedLocks(locks: RoomLocks, store: RecordingStore): Promise<number> {
  let freed = 0;
  for (const { roomId, uid, value } of await locks.list()) {
    const recording = await store.load(uid);
    if (recording !== undefined && isLive(recording)) continue;
    await locks.release(roomId, value);
    freed += 1;
  }
  return freed;
}
