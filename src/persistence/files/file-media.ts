import { rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, posix, resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';

import { MediaUnavailableError } from '../../errors.js';
import type { MediaStore } from '../../machines/ports/media.js';
import { assertMediaKey } from '../media-key.js';
import { readRange } from './read-range.js';

export interface FileMedia extends MediaStore {
  /** @throws MediaUnavailableError there is no such folder: not made yet, not mounted, or another one was meant */
  ping(): Promise<void>;
}

/**
 * Media on a disk that the egress writes to as well.
 *
 * @param mediaDir the folder as this process sees it. Its writers create it; removing media never removes it
 * @param egressMediaDir the same folder as the egress sees it
 */
export function createFileMedia(mediaDir: string, egressMediaDir: string): FileMedia {
  const root = resolve(mediaDir);

  return {
    async stat(key) {
      const path = pathOf(key);
      try {
        const found = await stat(path, { bigint: true });
        if (!found.isFile()) return undefined;
        const etag = `"${found.size.toString(16)}-${found.mtimeNs.toString(16)}-${found.ino.toString(16)}"`;
        return { size: Number(found.size), modifiedAt: Number(found.mtimeMs), etag };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw unavailable(`Cannot look at ${path}`, error);
      }
    },
    async read(key, range, signal) {
      const stream = readRange(pathOf(key), range);
      return signal === undefined ? stream : addAbortSignal(signal, stream);
    },
    async remove(key) {
      const path = pathOf(key);
      try {
        await unlink(path);
      } catch (error) {
        if (!isMissing(error)) throw unavailable(`Cannot remove ${path}`, error);
        // A folder that this did not empty stays: an egress may just have made it for its file.
        return;
      }
      await pruneEmptyFolders(root, dirname(path));
    },
    async ping() {
      const found = await stat(root).catch((cause: unknown) => {
        throw unavailable(`No media folder ${root}`, cause);
      });
      if (!found.isDirectory()) throw new MediaUnavailableError(`No media folder ${root}`);
    },
    egressPath(key) {
      assertMediaKey(key);
      return posix.join(egressMediaDir, key);
    },
  };

  function pathOf(key: string): string {
    assertMediaKey(key);
    return join(root, key);
  }
}

/** From `folder` upwards, as far as they are empty. A folder that fills or goes meanwhile ends it. */
async function pruneEmptyFolders(root: string, folder: string): Promise<void> {
  for (let current = folder; current !== root && current.startsWith(root); current = dirname(current)) {
    try {
      await rmdir(current);
    } catch {
      return; // not empty, not there, not ours to remove: the file is gone all the same
    }
  }
}

/** ENOTDIR: a part of the path is a file, so there is nothing below it. */
function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function unavailable(message: string, cause: unknown): MediaUnavailableError {
  return new MediaUnavailableError(message, { cause });
}
