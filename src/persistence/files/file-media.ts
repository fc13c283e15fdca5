import { rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, posix, resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';

import { MediaUnavailableError } from '../../errors.js';
import type { MediaStore } from '../../machines/ports/media.js';
import { assertMediaKey } from '../media-key.js';
import { readRange } from './read-range.js';

export interface FileMedia extends MediaStore {
  /** @throws MediaUnavailableError the folder does not exist: not created yet, not mounted, or wrongly configured */
  ping(): Promise<void>;
}

/**
 * Media files in a folder that the egress writes to.
 *
 * @param mediaDir path of the folder for this process. The egress creates the folder; removing media never removes it
 * @param egressMediaDir path of the same folder for the egress
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
        // No file was removed here, so an empty folder stays: an egress may just have created it for its file.
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

/** Whether the error says that the file does not exist. ENOTDIR: a parent in the path is a file. */
function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function unavailable(message: string, cause: unknown): MediaUnavailableError {
  return new MediaUnavailableError(message, { cause });
}
