import { execFile } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { beforeAll, expect, it } from 'vitest';

import { BUILD_TIMEOUT_MS, buildOnce, builtFile } from './support/build-once.js';

const run = promisify(execFile);
const SCRIPT = path.join(import.meta.dirname, 'support', 'page-faults.mjs');
/** Of 4 kB, in the block of 8 MB. */
const PAGES = 2_048;

const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
const hasGlibc = header.glibcVersionRuntime !== undefined;

beforeAll(() => buildOnce(), BUILD_TIMEOUT_MS);

it.runIf(hasGlibc)('memory for buffers is kept by the process, where the system would have to give it again', async () => {
  expect(await pageFaults('usual')).toBeGreaterThan(PAGES / 2);
  expect(await pageFaults('cheap')).toBeLessThan(PAGES / 10);
});

it('this Node.js knows what it is told about buffers', async () => {
  expect((await take('cheap')).stderr).toBe('');
});

async function pageFaults(mode: 'usual' | 'cheap'): Promise<number> {
  return Number((await take(mode)).stdout);
}

function take(mode: 'usual' | 'cheap') {
  return run(process.execPath, ['--expose-gc', SCRIPT, pathToFileURL(builtFile('buffers.js')).href, mode]);
}
