import { beforeAll, describe, expect, it } from 'vitest';

import { buildOnce, BUILD_TIMEOUT_MS, builtFile } from './support/apps/build-once.js';
import { startChild } from './support/apps/child-process.js';
import { createDataFolder } from './support/stores/data-folder.js';

const FAULTS: NodeJS.Signals[] = ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGABRT'];

describe('a Tally that serves', () => {
  beforeAll(() => buildOnce(), BUILD_TIMEOUT_MS);

  it.each(FAULTS)('is ended by the fault %s at once: no handler catches it', async (fault) => {
    const folder = await createDataFolder();
    const child = startChild(builtFile('main.js'), [], {
      TALLY_DATA_DIR: folder.path,
      SERVER_PORT: '0',
      TALLY_SIMULATOR_PORT: '0',
    });
    try {
      await child.printed(/^Data {2}/m);
      expect(await child.end(fault)).toEqual({ code: null, signal: fault });
      expect(child.stderr()).not.toContain('stopping');
    } finally {
      await child.end('SIGKILL');
      await folder.remove();
    }
  });
});
