import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { createDataFolder } from '../../support/data-folder.js';

const filler = join(import.meta.dirname, '../../support/store-filler.ts');

it('says unavailable when the disk takes no more, and goes on with what it has', async () => {
  const folder = await createDataFolder();
  // Files may have 2 000 blocks of 512 bytes; a write beyond fails, as on a full disk, once its signal is ignored.
  const script = `trap '' XFSZ; ulimit -f 2000; exec "$0" --import tsx "$1" "$2"`;
  const { stdout } = await promisify(execFile)('sh', ['-c', script, process.execPath, filler, folder.path]);
  const told = JSON.parse(stdout) as { stored: number };
  expect(told).toEqual({
    stored: expect.any(Number),
    error: 'StoreUnavailableError',
    isRefusedStored: false,
    newest: `u${told.stored - 1}`,
  });
  expect(told.stored).toBeGreaterThan(5);
  await folder.remove();
});
