import { type Lmdb, openLmdb } from '../../support/stores/open-stores.js';
import { apiKeyStoreContract } from '../../contracts/api-key-store.js';
import { jobRunsContract } from '../../contracts/job-runs.js';
import { recordingStoreContract } from '../../contracts/recording-store.js';
import { roomLocksContract } from '../../contracts/room-locks.js';
import { roomStoreContract } from '../../contracts/room-store.js';
import { settingsStoreContract } from '../../contracts/settings-store.js';
import { tombstoneContract } from '../../contracts/tombstones.js';
import { createDataFolder } from '../../support/stores/data-folder.js';
import { createTestClock } from '../../support/test-clock.js';

const name = 'LMDB';
const clock = createTestClock();

async function openEmpty(): Promise<Lmdb & { dispose: () => Promise<void> }> {
  const folder = await createDataFolder();
  const lmdb = await openLmdb({ dataDir: folder.path, clock });
  const dispose = async (): Promise<void> => {
    await lmdb.close();
    await folder.remove();
  };
  return { ...lmdb, dispose };
}

recordingStoreContract({
  name,
  create: async () => {
    const { recordings, dispose } = await openEmpty();
    return { store: recordings, dispose };
  },
});

tombstoneContract({
  name,
  create: async () => {
    const { recordings, dispose } = await openEmpty();
    return { store: recordings, dispose };
  },
});

roomStoreContract({
  name,
  create: async () => {
    const { rooms, dispose } = await openEmpty();
    return { store: rooms, dispose };
  },
});

apiKeyStoreContract({
  name,
  create: async () => {
    const { apiKeys, dispose } = await openEmpty();
    return { store: apiKeys, dispose };
  },
});

roomLocksContract({
  name,
  create: async () => {
    const { roomLocks, dispose } = await openEmpty();
    return { locks: roomLocks, elapse: clock.advance, dispose };
  },
});

settingsStoreContract({
  name,
  create: async () => {
    const { settings, dispose } = await openEmpty();
    return { store: settings, dispose };
  },
});

jobRunsContract({
  name,
  create: async () => {
    const { jobRuns, dispose } = await openEmpty();
    return { runs: jobRuns, dispose };
  },
});
