import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { createDataFolder } from '../../support/stores/data-folder.js';

const filler = join(import.meta.dirname, '../../support/stores/store-filler.ts');

it('LMDB on a full disk throws StoreUnavailableError, stores no part of the refused write, and keeps earlier ones', async () => {
  const folder = await createDataFolder();
  // A file may have 2 000 blocks of 512 bytes. With XFSZ ignored, a write beyond that fails as on a full disk.
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
