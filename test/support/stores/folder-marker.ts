import { createFolderMark } from '../../../src/persistence/files/folder-mark.js';
import { createMemoryRecordingStore } from '../memory/memory-recording-store.js';
import { createMemorySettings } from '../memory/memory-settings.js';
import { silentLog } from '../silent-log.js';

// A program that runs with a limit on its file sizes. It checks a media folder once, which marks the folder if it can.
await createFolderMark({
  root: process.argv[2] ?? '',
  settings: createMemorySettings(),
  recordings: createMemoryRecordingStore(),
  accept: undefined,
  log: silentLog,
})();
