import { type FileHandle, rmdir, unlink } from 'node:fs/promises';
import { dirname, join, posix, resolve } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';

import { MediaUnavailableError } from '../../errors.js';
import type { ByteRange, MediaStore } from '../../machines/ports/media.js';
import { isMissing } from '../is-missing.js';
import { assertMediaKey } from '../media-key.js';
import { assertInside, describe, lookAt, openFile } from './held-file.js';
import { readRange, type Source } from './read-range.js';

/**
 * Media files in a folder that the egress writes to.
 *
 * @param mediaDir path of the folder for this process. The egress creates the folder; removing media never removes it
 * @param egressMediaDir path of the same folder for the egress
 * @param assertOurs throws MediaUnavailableError while `mediaDir` is not the folder of our recordings
 */
export function createFileMedia(mediaDir: string, egressMediaDir: string, assertOurs: () => Promise<void>): MediaStore {
  const root = resolve(mediaDir);

  return {
    async stat(key) {
      const path = pathOf(key);
      const found = await unlessMissing(`look at ${path}`, () => lookAt(root, path));
      return found === undefined ? undefined : describe(found);
    },
    async hold(key) {
      const path = pathOf(key);
      const opened = await unlessMissing(`open ${path}`, () => openFile(root, path));
      if (opened === undefined) return undefined;
      const { handle, info } = opened;
      let isRead = false;
      return {
        info,
        async read(range, signal) {
          isRead = true;
          return streamOf(path, handle, range, signal);
        },
        async close() {
          if (!isRead) await handle.close();
        },
      };
    },
    async read(key, range, signal) {
      const path = pathOf(key);
      await assertOurs();
      return streamOf(path, () => openAgain(path), range, signal);
    },
    async remove(key) {
      const path = pathOf(key);
      const isRemoved = await unlessMissing(`remove ${path}`, async () => {
        await assertInside(root, path);
        await unlink(path);
        return true;
      });
      // If no file was removed here, an empty folder stays: an egress may just have created it for its file.
      if (isRemoved === true) await pruneEmptyFolders(root, dirname(path));
    },
    pathOf,
    egressPath(key) {
      assertMediaKey(key);
      return posix.join(egressMediaDir, key);
    },
  };

  /** @returns undefined when there is certainly no such file @throws MediaUnavailableError any other failure */
  async function unlessMissing<Result>(what: string, work: () => Promise<Result>): Promise<Result | undefined> {
    await assertOurs();
    try {
      return await work();
    } catch (error) {
      if (error instanceof MediaUnavailableError) throw error;
      if (!isMissing(error)) throw new MediaUnavailableError(`Cannot ${what}`, { cause: error, refused: true });
    }
    await assertOurs(); // the folder may have gone since the first check
    return undefined;
  }

  function pathOf(key: string): string {
    assertMediaKey(key);
    return join(root, key);
  }

  async function openAgain(path: string): Promise<FileHandle> {
    const opened = await openFile(root, path);
    if (opened === undefined) throw new Error('no regular file');
    return opened.handle;
  }
}

function streamOf(path: string, source: Source, range: ByteRange, signal: AbortSignal | undefined): Readable {
  const stream = readRange(path, source, range);
  return signal === undefined ? stream : addAbortSignal(signal, stream);
}

/** Remove `folder` and its parents below `root` while they are empty. Stops at a folder that cannot be removed. */
async function pruneEmptyFolders(root: string, folder: string): Promise<void> {
  for (let current = folder; current !== root && current.startsWith(root); current = dirname(current)) {
    try {
      await rmdir(current);
    } catch {
      return; // the folder has files, is missing or is protected; the media file is removed all the same
    }
  }
}
