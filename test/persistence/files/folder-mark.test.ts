import { execFile } from 'node:child_process';
import files, { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { SettingsStore } from '../../../src/accounts/ports.js';
import type { Log } from '../../../src/logging.js';
import type { RecordingStore } from '../../../src/machines/recording/recording-store.js';
import { createFileMedia } from '../../../src/persistence/files/file-media.js';
import { createFolderMark } from '../../../src/persistence/files/folder-mark.js';
import { buildSettled } from '../../contracts/documents.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createMemorySettings } from '../../support/memory/memory-settings.js';
import { silentLog } from '../../support/silent-log.js';
import { createDataFolder } from '../../support/stores/data-folder.js';

const marker = join(import.meta.dirname, '../../support/stores/folder-marker.ts');

let root: string;
let remove: () => Promise<void>;
let settings: SettingsStore;
let recordings: RecordingStore;
let warnings: string[];
const log: Log = { ...silentLog, warn: (_fields, sentence) => void warnings.push(sentence) };

beforeEach(async () => {
  const folder = await createDataFolder();
  remove = folder.remove;
  root = join(folder.path, 'media');
  await mkdir(root);
  settings = createMemorySettings();
  recordings = createMemoryRecordingStore();
  warnings = [];
});
afterEach(() => remove());

/** The check of a process that starts now. */
const start = (accept?: string) => createFolderMark({ root, settings, recordings, accept, log });
const stored = () => settings.load('mediaFolder');
const mark = async () => (await readFile(join(root, '.tally-media'), 'utf8')).trim();
const away = (message: RegExp): unknown =>
  expect.objectContaining({ code: 'media.unavailable', message: expect.stringMatching(message) as unknown });

async function unmount(): Promise<() => Promise<void>> {
  await rename(root, `${root}-disk`);
  await mkdir(root);
  return async () => {
    await rm(root, { recursive: true });
    await rename(`${root}-disk`, root);
  };
}

/** Stores complete recordings, the last one the newest. */
async function record(count: number): Promise<string[]> {
  const documents = Array.from({ length: count }, (_, index) =>
    buildSettled(String(index).padStart(10, '0'), { startDate: index }),
  );
  for (const document of documents) await recordings.create(document.uid, document);
  return documents.map(({ mediaKey }) => mediaKey);
}

async function write(key = ''): Promise<void> {
  await mkdir(dirname(join(root, key)), { recursive: true });
  await writeFile(join(root, key), 'film');
}

describe('the first media folder', () => {
  it('gets an id, which the store keeps too, when no recording is complete', async () => {
    await start()();
    expect(await mark()).toMatch(/^[0-9a-f-]{36}$/);
    expect(await stored()).toBe(await mark());
    await start()();
  });

  it('gets its id as soon as it exists', async () => {
    await rm(root, { recursive: true });
    const check = start();
    await expect(check()).rejects.toEqual(away(/^No media folder /));
    expect(await stored()).toBeUndefined();
    await mkdir(root);
    await check();
    expect(await stored()).toBe(await mark());
  });

  it('gets its id when one of the newest ten complete recordings has its file there', async () => {
    const keys = await record(12);
    await write(keys[2]);
    await start()();
    expect(await stored()).toBe(await mark());
  });

  it('is refused when none of the newest ten complete recordings has its file there', async () => {
    const keys = await record(12);
    await write(keys[1]);
    await expect(start()()).rejects.toEqual(away(/^None of the newest 10 recordings has its file in /));
    await expect(mark()).rejects.toThrow('ENOENT');
    expect(await stored()).toBeUndefined();
  });

  it('keeps the id that it has', async () => {
    await writeFile(join(root, '.tally-media'), 'an-older-id\n');
    await start()();
    expect(await stored()).toBe('an-older-id');
  });

  it('is judged by its files at every check when it cannot be marked', async () => {
    await writeFile(join(root, '.tally-media'), ''); // in place of a read-only file system, which root can write
    const [key] = await record(1);
    await write(key);
    const check = start();
    await check();
    expect(await stored()).toBeUndefined();
    await rm(join(root, 'recordings'), { recursive: true });
    await expect(check()).rejects.toEqual(away(/^None of the newest/));
  });

  it('gets its id once its full disk has space again', async () => {
    // No file may have a byte. With XFSZ ignored, each write fails as on a full disk.
    const script = `trap '' XFSZ; ulimit -f 0; exec "$0" --import tsx "$1" "$2"`;
    await promisify(execFile)('sh', ['-c', script, process.execPath, marker, root]);
    expect(await readdir(root)).toEqual([]);
    await start()();
    expect(await stored()).toBe(await mark());
  });

  it('gets one id from two instances on a file system without links', async () => {
    const link = vi.spyOn(files, 'link').mockRejectedValue(Object.assign(new Error('no links'), { code: 'EPERM' }));
    syncBuiltinESMExports();
    try {
      await Promise.all([start()(), start()()]);
      expect(link).toHaveBeenCalled();
    } finally {
      link.mockRestore();
      syncBuiltinESMExports();
    }
    expect(await stored()).toBe(await mark());
    expect(await readdir(root)).toEqual(['.tally-media']);
  });

  it('gets one id from ten instances that check it at once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => start()()));
    expect(await stored()).toBe(await mark());
    expect(await readdir(root)).toEqual(['.tally-media']);
  });
});

describe('another folder in place of the media folder', () => {
  it.each(['while Tally runs', 'at its start'])('is refused until the right one returns: %s', async (when) => {
    let check = start();
    await check();
    const id = (await stored()) ?? '';
    const mount = await unmount();
    if (when === 'at its start') check = start();
    await expect(check()).rejects.toEqual(
      away(new RegExp(`has no .tally-media, the recordings are in ${id}: mount the right one`)),
    );
    await writeFile(join(root, '.tally-media'), 'other');
    await expect(check()).rejects.toEqual(away(/has the id other, .* or set TALLY_MEDIA_ACCEPT to other$/));
    await rm(root, { recursive: true });
    await expect(check()).rejects.toEqual(away(/^No media folder /));
    await mkdir(root);
    await mount();
    await check();
    expect(await stored()).toBe(id);
  });

  it('is refused on the instance that has another folder than the others', async () => {
    await settings.save('mediaFolder', 'of-the-others');
    await expect(start()()).rejects.toEqual(away(/has no .tally-media, the recordings are in of-the-others/));
    await expect(mark()).rejects.toThrow('ENOENT');
  });

  it('is refused when its mark cannot be read', async () => {
    await start()();
    await rm(join(root, '.tally-media'));
    await symlink('elsewhere', join(root, '.tally-media'));
    await expect(start()()).rejects.toMatchObject({ code: 'media.unavailable', cause: { code: 'ELOOP' } });
  });
});

describe('TALLY_MEDIA_ACCEPT', () => {
  it('makes a folder with this id the media folder, for running instances too', async () => {
    const running = start();
    await running();
    await unmount();
    await writeFile(join(root, '.tally-media'), 'new');
    await expect(running()).rejects.toThrow('has the id new');
    await start('new')();
    await running();
    expect(await stored()).toBe('new');
    expect(warnings).toEqual(['TALLY_MEDIA_ACCEPT accepted another media folder']);
    await start('new')();
    expect(warnings).toHaveLength(1);
  });

  it('gives its id to a folder without one', async () => {
    const running = start();
    await running();
    await unmount();
    await start('new')();
    expect([await mark(), await stored()]).toEqual(['new', 'new']);
    await running();
  });

  it('does not mark a folder again when the accepted one is away', async () => {
    await start('new')();
    await unmount();
    const check = start('new');
    await expect(check()).rejects.toEqual(away(/has no .tally-media, the recordings are in new/));
    await expect(mark()).rejects.toThrow('ENOENT');
  });

  it('does not accept a folder with a third id', async () => {
    await start()();
    const id = await stored();
    await unmount();
    await writeFile(join(root, '.tally-media'), 'third');
    await expect(start('new')()).rejects.toEqual(away(/has the id third/));
    expect(await stored()).toBe(id);
    expect(warnings).toEqual(['TALLY_MEDIA_ACCEPT had no effect: the folder has another id, or cannot get one']);
  });
});

describe('the media store in a folder that may be another one', () => {
  const KEY = 'recordings/room/room--0123456789.mp4';
  const open = () => createFileMedia(root, root, start());

  it('neither finds nor misses a file, and removes none, until the folder is back', async () => {
    const media = open();
    await write(KEY);
    expect(await media.stat(KEY)).toMatchObject({ size: 4 });
    const mount = await unmount();
    const failure = { code: 'media.unavailable', retryable: true };
    await expect(media.stat(KEY)).rejects.toMatchObject(failure);
    await expect(media.hold(KEY)).rejects.toMatchObject(failure);
    await expect(media.read(KEY, { start: 0, end: 1 })).rejects.toMatchObject(failure);
    await expect(media.remove(KEY)).rejects.toMatchObject(failure);
    await mount();
    expect(await media.stat(KEY)).toMatchObject({ size: 4 });
    await media.remove(KEY);
    expect(await media.stat(KEY)).toBeUndefined();
  });

  it.each(['stat', 'hold', 'remove'] as const)(
    'does not believe that a file is missing when the folder goes during %s',
    async (method) => {
      const check = start();
      await check();
      await write(KEY);
      let unmounted: Promise<unknown> | undefined;
      // The folder goes after the first check.
      const media = createFileMedia(root, root, async () => {
        await check();
        await (unmounted ??= unmount());
      });
      await expect(media[method](KEY)).rejects.toMatchObject({ code: 'media.unavailable' });
    },
  );
});
