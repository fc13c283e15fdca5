import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { repositoryDir } from './cache.mjs';
import { command } from './command.mjs';
import { compareSuites } from './compare-suites.mjs';
import { table } from './table.mjs';

/** Of a whole run: says how many cases of each suite ran on which adapters, and fails the run when they are not the same. */
export default class SuitesReporter {
  async onTestRunEnd(modules) {
    const real = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => ({
        name: test.fullName,
        file: relative(repositoryDir, module.moduleId),
        state: test.result().state,
      })),
    );
    const { rows, faults } = compareSuites(await embeddedCases(), real);
    console.log(['', table(rows), ...faults, ''].join('\n'));
    if (faults.length > 0) process.exitCode = 1;
  }
}

/** Every case of the suites that `npm test` runs, none of them run here. */
async function embeddedCases() {
  const dir = await mkdtemp(join(tmpdir(), 'tally-suites-'));
  try {
    const list = join(dir, 'list.json');
    const vitest = join(repositoryDir, 'node_modules/vitest/vitest.mjs');
    const folders = ['test/http', 'test/scenarios', 'test/persistence'];
    await command(process.execPath, [vitest, 'list', '--no-isolate', `--json=${list}`, ...folders], { cwd: repositoryDir });
    const cases = JSON.parse(await readFile(list, 'utf8'));
    return cases.map(({ name, file }) => ({ name, file: relative(repositoryDir, file) }));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
