import type { RoomLocks } from '../../ports/room-locks.js';
import type { RecordingEffectHandler } from './handler.js';

export interface LockEffectPorts {
  locks: Pick<RoomLocks, 'extend' | 'release'>;
  /** Full life of a room's lock, milliseconds. */
  lockTtlMs: number;
}

/** Keeps and frees the room lock of a recording, by its value: never the lock of another one. */
export function createLockEffects({
  locks,
  lockTtlMs,
}: LockEffectPorts): Record<'extendRoomLock' | 'releaseRoomLock', RecordingEffectHandler> {
  return {
    async extendRoomLock({ document, effect }) {
      await locks.extend(document.roomId, String(effect.params.value), lockTtlMs);
      return undefined;
    },
    async releaseRoomLock({ document, effect }) {
      await locks.release(document.roomId, String(effect.params.value));
      return undefined;
    },
  };
}
