import { existsSync } from 'node:fs';
import path from 'node:path';

/** The root of the repository. These files run from the sources and from `dist`, which differ in depth. */
export const repositoryDir = folderWithManifest(import.meta.dirname);

function folderWithManifest(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : folderWithManifest(path.dirname(folder));
}
