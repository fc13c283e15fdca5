import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { locate } from './filepath.js';
import type { Storage } from './storage.js';

/** Storage in a folder of this machine. It never writes outside the folder. */
export function createFolder(mediaDir: string): Storage {
  const locationOf = (filename: string): string => {
    const location = locate(filename, mediaDir);
    if (location === undefined) throw new Error(`mkdir ${path.dirname(filename)}: permission denied`);
    return location;
  };
  return {
    name: 'Local',
    locate: locationOf,
    put: async (filename, content) => {
      const location = locationOf(filename);
      const partial = path.join(path.dirname(location), `.${randomUUID()}.partial`);
      await writeMakingFolder(partial, content);
      await rename(partial, location);
      return location;
    },
  };
}

/** Creates the folder only after a write failed for want of it, because most folders exist. */
async function writeMakingFolder(location: string, content: Uint8Array): Promise<void> {
  try {
    await writeFile(location, content);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(path.dirname(location), { recursive: true });
    await writeFile(location, content);
  }
}
