import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import type { Reporter, TestModule } from 'vitest/node';

import { command } from '../processes/command.js';
import { repositoryDir } from '../repository.js';
import { table } from '../table.js';
import { compareSuites, type ListedCase } from './compare-suites.js';

/** Prints how many cases of each suite ran on which adapter, and makes a complete run fail when the cases differ. */
class SuitesReporter implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const real = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => ({
        name: test.fullName,
        file: relative(repositoryDir, module.moduleId),
        state: test.result().state,
      })),
    );
    const { rows, faults } = compareSuites(await embeddedCases(), real);
    process.stdout.write(['', table(rows), ...faults, '', ''].join('\n'));
    if (faults.length > 0) process.exitCode = 1;
  }
}

/** Lists every case of the suites that `npm test` runs, without running them. */
async function embeddedCases(): Promise<ListedCase[]> {
  const dir = await mkdtemp(join(tmpdir(), 'tally-suites-'));
  try {
    const list = join(dir, 'list.json');
    const vitest = join(repositoryDir, 'node_modules/vitest/vitest.mjs');
    const folders = ['test/http', 'test/scenarios', 'test/persistence'];
    await command(process.execPath, [vitest, 'list', '--no-isolate', `--json=${list}`, ...folders], { cwd: repositoryDir });
    const cases = JSON.parse(await readFile(list, 'utf8')) as ListedCase[];
    return cases.map(({ name, file }) => ({ name, file: relative(repositoryDir, file) }));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

// Vitest requires a default export of a reporter.
export { SuitesReporter as default };
