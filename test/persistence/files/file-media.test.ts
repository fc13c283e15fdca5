import { once } from 'node:events';
import { access, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { MediaUnavailableError } from '../../../src/errors.js';
import type { MediaStore } from '../../../src/machines/ports/media.js';
import { createFileMedia } from '../../../src/persistence/files/file-media.js';
import { mediaStoreContract } from '../../contracts/media-store.js';
import { createDataFolder } from '../../support/stores/data-folder.js';
import { createMediaFolder } from '../../support/stores/media-folder.js';

const KEY = 'recordings/room/room--0123456789.mp4';

async function createFixture() {
  const folder = await createDataFolder();
  const mediaDir = join(folder.path, 'media');
  return { ...(await createMediaFolder(mediaDir, '/out')), mediaDir, dispose: folder.remove };
}

mediaStoreContract({ name: 'files', create: createFixture });

describe('the media store on disk', () => {
  let media: MediaStore;
  let mediaDir: string;
  let write: (key: string, bytes: Uint8Array) => Promise<void>;
  let dispose: () => Promise<void>;

  beforeEach(async () => {
    ({ media, mediaDir, write, dispose } = await createFixture());
  });
  afterEach(() => dispose());

  it("gives the egress a path in the egress worker's view of the media folder", () => {
    expect(media.egressPath(KEY)).toBe(`/out/${KEY}`);
  });

  it('answers a ping while its folder exists, and otherwise names the missing folder', async () => {
    const pingIn = (folder: string) => createFileMedia(folder, '/out').ping();
    await write(KEY, Uint8Array.of(1));
    await pingIn(mediaDir);
    const missing = join(mediaDir, 'missing');
    await expect(pingIn(missing)).rejects.toThrow(`No media folder ${missing}`);
    await expect(pingIn(join(mediaDir, KEY))).rejects.toThrow(MediaUnavailableError);
  });

  it('keeps an empty folder when there is no file to remove: an egress may have created the folder for its upload', async () => {
    await mkdir(join(mediaDir, 'recordings/room'), { recursive: true });
    await media.remove(KEY);
    expect(await readdir(join(mediaDir, 'recordings'))).toEqual(['room']);
  });

  it('removes the folders that a removed file leaves empty, but not the media folder itself', async () => {
    await write(KEY, Uint8Array.of(1));
    await write('recordings/other/file.mp4', Uint8Array.of(1));
    await media.remove(KEY);
    expect(await readdir(join(mediaDir, 'recordings'))).toEqual(['other']);
    await media.remove('recordings/other/file.mp4');
    expect(await readdir(mediaDir)).toEqual([]);
    await media.remove('file-at-the-root.mp4');
    await access(mediaDir);
  });

  it('keeps the folder of a removed file when the folder holds another file', async () => {
    await write(KEY, Uint8Array.of(1));
    await write('recordings/room/other.mp4', Uint8Array.of(1));
    await media.remove(KEY);
    expect(await readdir(join(mediaDir, 'recordings/room'))).toEqual(['other.mp4']);
  });

  it('finds no object under the path of a folder, and throws MediaUnavailableError when that path is read or removed', async () => {
    await write(KEY, Uint8Array.of(1));
    expect(await media.stat('recordings/room')).toBeUndefined();
    await expect(media.read('recordings/room', { start: 0, end: 1 }).then(buffer)).rejects.toThrow(MediaUnavailableError);
    await expect(media.remove('recordings/room')).rejects.toThrow(MediaUnavailableError);
  });

  it('throws media.unavailable with the cause when the file system fails', async () => {
    await symlink('loop', join(mediaDir, 'loop'));
    await expect(media.stat('loop/file.mp4')).rejects.toMatchObject({
      code: 'media.unavailable',
      retryable: true,
      cause: { code: 'ELOOP' },
    });
    await expect(media.remove('loop/file.mp4')).rejects.toMatchObject({ code: 'media.unavailable', cause: { code: 'ELOOP' } });
    await expect(media.read('loop/file.mp4', { start: 0, end: 1 }).then(buffer)).rejects.toMatchObject({
      cause: { code: 'ELOOP' },
    });
  });

  it('throws media.unavailable with the cause ENOENT when a missing file is read', async () => {
    await expect(media.read(KEY, { start: 0, end: 1 }).then(buffer)).rejects.toMatchObject({
      code: 'media.unavailable',
      cause: { code: 'ENOENT' },
    });
  });

  it('reads to the end of the file when a range reaches beyond it', async () => {
    await write(KEY, Uint8Array.of(1, 2, 3));
    expect(await buffer(await media.read(KEY, { start: 1, end: 100 }))).toEqual(Buffer.of(2, 3));
  });

  it.runIf(process.platform === 'linux')('holds the file open only while it is read', async () => {
    await write(KEY, new Uint8Array(1_000_000));
    const path = join(mediaDir, KEY);
    const stream = await media.read(KEY, { start: 0, end: 999_999 });
    expect(await openFiles()).not.toContain(path);
    await once(stream, 'readable');
    expect(await openFiles()).toContain(path);
    await once(stream.destroy(), 'close');
    expect(await openFiles()).not.toContain(path);
    await buffer(await media.read(KEY, { start: 0, end: 999_999 }));
    expect(await openFiles()).not.toContain(path);
  });
});

async function openFiles(): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd');
  return Promise.all(descriptors.map((descriptor) => readlink(join('/proc/self/fd', descriptor)).catch(() => '')));
}
