import { openLmdb } from '../support/stores/open-stores.js';
import { roomLockJobsContract } from '../contracts/room-lock-jobs.js';
import { createDataFolder } from '../support/stores/data-folder.js';
import { createMemoryRecordingStore } from '../support/memory/memory-recording-store.js';
import { createMemoryRoomLocks, type MemoryLock } from '../support/memory/memory-room-locks.js';

const held = new Map<string, MemoryLock>();

roomLockJobsContract({
  name: 'memory',
  async create(clock) {
    held.clear();
    return {
      locks: createMemoryRoomLocks({ clock, locks: held }),
      store: createMemoryRecordingStore(),
      loseAll: async () => held.clear(),
    };
  },
  async takeUndated(roomId) {
    held.set(roomId, { value: 'b'.repeat(32), uid: '', expiresAt: Infinity });
  },
});

roomLockJobsContract({
  name: 'LMDB',
  async create(clock) {
    const folder = await createDataFolder();
    const lmdb = await openLmdb({ dataDir: folder.path, clock });
    return {
      locks: lmdb.roomLocks,
      store: lmdb.recordings,
      async loseAll() {
        for (const { roomId, value } of await lmdb.roomLocks.list()) await lmdb.roomLocks.release(roomId, value);
      },
      async dispose() {
        await lmdb.close();
        await folder.remove();
      },
    };
  },
});
