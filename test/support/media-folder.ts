import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { MediaStore } from '../../src/machines/ports/media.js';
import { createFileMedia } from '../../src/persistence/files/file-media.js';

export interface MediaFolder {
  media: MediaStore;
  /** Put a file where an egress would put it. */
  write(key: string, bytes: Uint8Array): Promise<void>;
}

/** Media in a folder, made when it is missing. @param egressDir the same folder as an egress sees it */
export async function createMediaFolder(dir: string, egressDir = dir): Promise<MediaFolder> {
  await mkdir(dir, { recursive: true });
  return {
    media: createFileMedia({ mediaDir: dir, egressMediaDir: egressDir }),
    async write(key, bytes) {
      const file = path.join(dir, key);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, bytes);
    },
  };
}
