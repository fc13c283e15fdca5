import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { systemClock } from '../../../src/clock.js';
import { openMedia } from '../../../src/persistence/open-media.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createMemorySettings } from '../../support/memory/memory-settings.js';
import { silentLog } from '../../support/silent-log.js';
import { createDataFolder } from '../../support/stores/data-folder.js';

const ROOT = 0;
const NOBODY = 65_534;

/** Runs as a user whom the rights of a folder bind; they do not bind root. */
async function boundByRights<Result>(work: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== ROOT) return work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(ROOT);
  }
}

it('a media folder that Tally may not write plays its files and fails the check, because no file can be removed', async () => {
  const folder = await createDataFolder();
  const dir = join(folder.path, 'media');
  await mkdir(dir);
  const stores = { settings: createMemorySettings(), recordings: createMemoryRecordingStore() };
  const media = { kind: 'embedded', dir, egressDir: dir, accept: undefined } as const;
  const { store, ping } = await openMedia(media, { clock: systemClock, stores, log: silentLog });
  await ping();
  expect(await readdir(dir)).toEqual(['.tally-media']);
  await chmod(folder.path, 0o755);
  await chmod(dir, 0o555);
  await boundByRights(async () => {
    await expect(ping()).rejects.toMatchObject({ code: 'media.unavailable', refused: true, cause: { code: 'EACCES' } });
    expect(await store.stat('recordings/room/room--0123456789.mp4')).toBeUndefined();
  });
  await chmod(dir, 0o755);
  await folder.remove();
});
