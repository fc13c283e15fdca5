import { afterAll, beforeAll, expect, it } from 'vitest';

import { type App, createApp } from '../../src/app/app.js';
import { systemClock } from '../../src/clock.js';
import { parseConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/logging.js';
import type { StateValue } from '../../src/machines/kernel/document.js';
import { topStateOf } from '../../src/machines/recording/recording.js';
import { openPersistence } from '../../src/persistence/index.js';
import { buildDocument } from '../machines/recording/build.js';
import { eventually } from '../support/eventually.js';
import { createDataFolder } from '../support/stores/data-folder.js';

const LEFT: Record<string, StateValue> = {
  requesting: { starting: 'requesting' },
  cancelling: { starting: 'cancelling' },
  active: 'active',
  ending: { stopping: 'ending' },
};
/** Well below the 20 s after which the reconciler takes an egress for dead that LiveKit does not list. */
const AT_ONCE_MS = 5_000;

const log = createLogger({ level: 'silent', name: 'tally' });
let app: App;
let folder: Awaited<ReturnType<typeof createDataFolder>>;

beforeAll(async () => {
  folder = await createDataFolder();
  const config = parseConfig({ SERVER_PORT: '0', TALLY_SIMULATOR_PORT: '0', TALLY_DRAIN_MS: '0', TALLY_DATA_DIR: folder.path });
  const signal = new AbortController().signal;
  const before = await openPersistence(config, { clock: systemClock, log, signal, onMigrating: () => undefined });
  const now = Date.now();
  for (const [uid, state] of Object.entries(LEFT)) {
    const lock = await before.roomLocks.acquire(`room-${uid}`, uid, 3_600_000);
    const ids = { uid, roomId: `room-${uid}`, liveKey: `room-${uid}`, startKey: uid, lockValue: lock.acquired ? lock.value : '' };
    const known = uid === 'requesting' ? {} : { egressId: `EG_${uid}` };
    await before.recordings.create(uid, buildDocument(state, { ...ids, ...known, createdAt: now, calledAt: now }));
  }
  await before.close();
  app = await createApp(config, { log });
});
afterAll(async () => {
  await app.close();
  await folder.remove();
});

it.each(Object.keys(LEFT))(
  'a recording that was %s when Tally and its own simulator were killed fails at once after the restart and frees its room',
  async (uid) => {
    const { recordings, roomLocks } = app.persistence;
    const state = await eventually(
      'it has failed',
      async () => topStateOf((await recordings.load(uid)) ?? buildDocument('active')),
      (each) => each === 'failed',
      AT_ONCE_MS,
    );
    expect(state).toBe('failed');
    await eventually(
      'its lock is free',
      () => roomLocks.find(`room-${uid}`),
      (holder) => holder === undefined,
      AT_ONCE_MS,
    );
  },
);
