import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { dirname, sep } from 'node:path';

import { MediaUnavailableError } from '../../errors.js';
import type { MediaInfo } from '../../machines/ports/media.js';

/** A link is not followed, and a FIFO does not block the open until a writer comes. @see open(2) */
export const SAFELY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The facts about a regular file below the real path of `root`.
 *
 * @returns undefined when something else is there: a folder, a link, a FIFO
 * @throws MediaUnavailableError a link in the path leads out of `root`; or the error of the file system, ENOENT among them
 */
export async function lookAt(root: string, path: string): Promise<BigIntStats | undefined> {
  await assertInside(root, path);
  const found = await lstat(path, { bigint: true });
  return found.isFile() ? found : undefined;
}

/** @throws MediaUnavailableError a link in the path leads out of `root`; or the error of the file system */
export async function assertInside(root: string, path: string): Promise<void> {
  const [realRoot, realFolder] = await Promise.all([realpath(root), realpath(dirname(path))]);
  const isInside = realFolder === realRoot || realFolder.startsWith(`${realRoot}${sep}`);
  if (!isInside) throw new MediaUnavailableError(`${path} leads out of the media folder`);
}

/**
 * Open a regular file below the real path of `root`. The caller closes it.
 *
 * @returns undefined when there is no regular file
 * @throws MediaUnavailableError as `lookAt`, and when the path came to name another file meanwhile
 */
export async function openFile(root: string, path: string): Promise<{ handle: FileHandle; info: MediaInfo } | undefined> {
  const seen = await lookAt(root, path);
  if (seen === undefined) return undefined;
  const handle = await open(path, SAFELY);
  try {
    const opened = await handle.stat({ bigint: true });
    if (opened.ino === seen.ino && opened.dev === seen.dev) return { handle, info: describe(opened) };
    throw new MediaUnavailableError(`${path} was replaced while it was opened`);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export function describe({ size, mtimeMs, mtimeNs, ino }: BigIntStats): MediaInfo {
  const etag = `"${size.toString(16)}-${mtimeNs.toString(16)}-${ino.toString(16)}"`;
  return { size: Number(size), modifiedAt: Number(mtimeMs), etag };
}
