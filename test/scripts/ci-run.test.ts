import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createDataFolder } from '../support/stores/data-folder.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

let folder: Awaited<ReturnType<typeof createDataFolder>>;
beforeEach(async () => {
  folder = await createDataFolder();
  await cp(path.join(ROOT, '.ci'), path.join(folder.path, '.ci'), { recursive: true });
});
afterEach(() => folder.remove());

type Outcome = 'passes' | 'fails' | 'dies';

/** Runs `.ci/run` with a fake npm, which reports two passed tests for each test step, and one failed test where `outcomes` says. */
async function ci(outcomes: Partial<Record<'ci' | 'test' | 'check' | 'test:services', Outcome>> = {}) {
  const assertion = (fullName: string, status: string) => ({
    fullName,
    status,
    failureMessages: status === 'passed' ? [] : ['why'],
  });
  const report = (failed: number) => ({
    numPassedTests: 2,
    numFailedTests: failed,
    numPendingTests: 0,
    testResults: [
      {
        name: 'a.test.ts',
        status: failed === 0 ? 'passed' : 'failed',
        assertionResults: [assertion('works', 'passed'), ...(failed === 0 ? [] : [assertion('is broken', 'failed')])],
      },
    ],
  });
  const npm = `#!/usr/bin/env node
    const [script, name] = process.argv.slice(2);
    const outcome = ${JSON.stringify(outcomes)}[script === 'run' ? name : script] ?? 'passes';
    const option = process.argv.find((arg) => arg.startsWith('--outputFile.json='));
    const report = ${JSON.stringify([report(0), report(1)])}[outcome === 'passes' ? 0 : 1];
    if (option && outcome !== 'dies') require('node:fs').writeFileSync(option.split('=')[1], JSON.stringify(report));
    process.exitCode = outcome === 'passes' ? 0 : 1;
  `;
  await mkdir(path.join(folder.path, 'bin'));
  await writeFile(path.join(folder.path, 'bin/npm'), npm, { mode: 0o755 });
  const child = spawn(path.join(folder.path, '.ci/run'), {
    env: { ...process.env, PATH: `${path.join(folder.path, 'bin')}:${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[number]>;
  const lines = (await text(child.stdout)).trimEnd().split('\n');
  return { code: (await exited)[0], lines, last: lines.at(-1) };
}

describe('.ci/run', () => {
  it('prints the minutes of each step and, as its last line, the number of tests', async () => {
    const { code, lines, last } = await ci();
    expect([code, last]).toEqual([0, 'tests: 4 passed, 0 failed']);
    const table = lines.slice(lines.indexOf('== minutes') + 1, -2);
    expect(table.map((line) => line.replace(/^ +\d+\.\d {2}/, '').split(' -- ')[0])).toEqual([
      'npm ci --no-audit --no-fund',
      'npm run test',
      'npm run check',
      'npm run test:services',
      'in all, of 35',
    ]);
  });

  it('goes on after failures, and lists them again before its last line', async () => {
    const { code, lines, last } = await ci({ test: 'fails', check: 'fails' });
    expect([code, last]).toEqual([1, 'tests: 4 passed, 1 failed']);
    expect(lines.slice(lines.indexOf('== failures') + 1, -2)).toEqual([
      expect.stringMatching(/^== failed: npm run test /),
      'a.test.ts > is broken (failed)',
      'why',
      '== failed: npm run check',
    ]);
  });

  it('counts a step that ended without a report as one failed test', async () => {
    const { code, last } = await ci({ 'test:services': 'dies' });
    expect([code, last]).toEqual([1, 'tests: 2 passed, 1 failed']);
  });

  it('exits with 1 and counts no failed test when a step without tests fails', async () => {
    const { code, last } = await ci({ ci: 'fails' });
    expect([code, last]).toEqual([1, 'tests: 4 passed, 0 failed']);
  });
});
