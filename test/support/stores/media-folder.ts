import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { MediaStore } from '../../../src/machines/ports/media.js';
import { createFileMedia } from '../../../src/persistence/files/file-media.js';

export interface MediaFolder {
  media: MediaStore;
  /** Writes a file to the path where an egress would write it. */
  write(key: string, bytes: Uint8Array): Promise<void>;
}

/** Opens a media store in a folder and creates the folder if necessary. @param egressDir the folder as the egress worker sees it */
export async function createMediaFolder(dir: string, egressDir = dir): Promise<MediaFolder> {
  await mkdir(dir, { recursive: true });
  return {
    media: createFileMedia(dir, egressDir, () => Promise.resolve()),
    async write(key, bytes) {
      const file = path.join(dir, key);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, bytes);
    },
  };
}
