import path from 'node:path';

import { createDataFolder } from './data-folder.js';
import { createMediaFolder } from './media-folder.js';
import type { TestStores } from './stores.js';

/** Creates the embedded stores, LMDB and a media folder, in a new folder. */
export async function createEmbeddedStores(): Promise<TestStores> {
  const folder = await createDataFolder();
  const dataDir = path.join(folder.path, 'data');
  const mediaDir = path.join(folder.path, 'media');
  return {
    ...(await createMediaFolder(mediaDir)),
    env: { TALLY_DATA_DIR: dataDir, TALLY_MEDIA_DIR: mediaDir },
    dataDir,
    remove: folder.remove,
  };
}
