import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, readdir, readFile, readlink, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';

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

  it('fails the stream of a file that ends before the range does', async () => {
    await write(KEY, Uint8Array.of(1, 2, 3));
    await expect(media.read(KEY, { start: 1, end: 100 }).then(buffer)).rejects.toMatchObject({
      code: 'media.unavailable',
      cause: { message: 'the file ends at byte 3, before byte 100' },
    });
    const held = await media.hold(KEY);
    await truncate(join(mediaDir, KEY), 1);
    await expect(held?.read({ start: 0, end: 2 }).then(buffer)).rejects.toMatchObject({ code: 'media.unavailable' });
  });

  it('holds the version that it describes, although the file is replaced before it is read', async () => {
    await write(KEY, Uint8Array.of(1, 2, 3));
    const held = await media.hold(KEY);
    await write('new.mp4', Uint8Array.of(4, 5, 6, 7));
    await rename(join(mediaDir, 'new.mp4'), join(mediaDir, KEY));
    expect(held?.info.size).toBe(3);
    expect(await held?.read({ start: 0, end: 2 }).then(buffer)).toEqual(Buffer.of(1, 2, 3));
  });

  it('takes a link for no file, and removes the link alone', async () => {
    await write(KEY, Uint8Array.of(1, 2, 3));
    await symlink(join(mediaDir, KEY), join(mediaDir, 'link.mp4'));
    expect(await media.stat('link.mp4')).toBeUndefined();
    expect(await media.hold('link.mp4')).toBeUndefined();
    await expect(media.read('link.mp4', { start: 0, end: 2 }).then(buffer)).rejects.toThrow(MediaUnavailableError);
    await media.remove('link.mp4');
    expect(await media.stat(KEY)).toMatchObject({ size: 3 });
  });

  it('refuses a folder that leads out of the media folder, and removes nothing through it', async () => {
    const outside = `${mediaDir}-outside`;
    await mkdir(outside);
    await writeFile(join(outside, 'file.mp4'), 'secret');
    await symlink(outside, join(mediaDir, 'room'));
    const refusal = { code: 'media.unavailable', message: expect.stringContaining('leads out of the media folder') };
    await expect(media.stat('room/file.mp4')).rejects.toMatchObject(refusal);
    await expect(media.hold('room/file.mp4')).rejects.toMatchObject(refusal);
    await expect(media.read('room/file.mp4', { start: 0, end: 1 }).then(buffer)).rejects.toMatchObject({ cause: refusal });
    await expect(media.remove('room/file.mp4')).rejects.toMatchObject(refusal);
    expect(await readFile(join(outside, 'file.mp4'), 'utf8')).toBe('secret');
  });

  it('works when the media folder itself is a link', async () => {
    await write(KEY, Uint8Array.of(1, 2, 3));
    await symlink(mediaDir, `${mediaDir}-link`);
    const linked = createFileMedia(`${mediaDir}-link`, '/out', () => Promise.resolve());
    expect(await linked.hold(KEY).then((held) => held?.read({ start: 0, end: 2 }).then(buffer))).toEqual(Buffer.of(1, 2, 3));
  });

  it.runIf(process.platform === 'linux')('takes a FIFO for no file, and does not wait for its writer', async () => {
    await mkdir(join(mediaDir, 'recordings'));
    await promisify(execFile)('mkfifo', [join(mediaDir, 'recordings/fifo.mp4')]);
    expect(await media.stat('recordings/fifo.mp4')).toBeUndefined();
    expect(await media.hold('recordings/fifo.mp4')).toBeUndefined();
    await expect(media.read('recordings/fifo.mp4', { start: 0, end: 1 }).then(buffer)).rejects.toThrow(MediaUnavailableError);
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
    const held = await media.hold(KEY);
    expect(await openFiles()).toContain(path);
    await held?.read({ start: 0, end: 999_999 }).then(buffer);
    expect(await openFiles()).not.toContain(path);
    const unread = await media.hold(KEY);
    const cut = await unread?.read({ start: 0, end: 9 });
    if (cut !== undefined) await once(cut.destroy(), 'close');
    await unread?.close();
    expect(await openFiles()).not.toContain(path);
    await (await media.hold(KEY))?.close();
    expect(await openFiles()).not.toContain(path);
  });
});

async function openFiles(): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd');
  return Promise.all(descriptors.map((descriptor) => readlink(join('/proc/self/fd', descriptor)).catch(() => '')));
}
