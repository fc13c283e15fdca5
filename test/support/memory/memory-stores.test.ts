import { apiKeyStoreContract } from '../../contracts/api-key-store.js';
import { jobLocksContract } from '../../contracts/job-locks.js';
import { jobRunsContract } from '../../contracts/job-runs.js';
import { mediaStoreContract } from '../../contracts/media-store.js';
import { recordingStoreContract } from '../../contracts/recording-store.js';
import { roomLocksContract } from '../../contracts/room-locks.js';
import { roomStoreContract } from '../../contracts/room-store.js';
import { settingsStoreContract } from '../../contracts/settings-store.js';
import { createMemoryApiKeys } from './memory-api-keys.js';
import { createMemoryJobLocks } from './memory-job-locks.js';
import { createMemoryJobRuns } from './memory-job-runs.js';
import { createMemoryMedia } from './memory-media.js';
import { createMemoryRecordingStore } from './memory-recording-store.js';
import { createMemoryRoomLocks } from './memory-room-locks.js';
import { createMemoryRoomStore } from './memory-room-store.js';
import { createMemorySettings } from './memory-settings.js';
import { createTestClock } from '../test-clock.js';

const name = 'memory';

recordingStoreContract({ name, create: async () => ({ store: createMemoryRecordingStore() }) });
roomStoreContract({ name, create: async () => ({ store: createMemoryRoomStore() }) });
apiKeyStoreContract({ name, create: async () => ({ store: createMemoryApiKeys() }) });
settingsStoreContract({ name, create: async () => ({ store: createMemorySettings() }) });
roomLocksContract({
  name,
  create: async () => {
    const clock = createTestClock();
    return { locks: createMemoryRoomLocks({ clock }), elapse: clock.advance };
  },
});
jobLocksContract({
  name,
  create: async () => {
    const clock = createTestClock();
    return { locks: createMemoryJobLocks({ clock }), elapse: clock.advance };
  },
});
jobRunsContract({ name, create: async () => ({ runs: createMemoryJobRuns() }) });
mediaStoreContract({
  name,
  create: async () => {
    const media = createMemoryMedia();
    return { media, write: media.write };
  },
});
