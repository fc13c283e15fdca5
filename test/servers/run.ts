import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { readOptions } from '../../src/config/command-line.js';
import { openRun, type ServicesRun } from './open-run.js';
import { repositoryDir } from './repository.js';
import { table } from './table.js';

const SUITES_REPORTER = join(repositoryDir, 'test/servers/suites/suites-reporter.ts');
const LAST_LINES = 30;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Translates `--only PATTERN`, which selects tests by name; every other argument goes to vitest unchanged. */
function vitestArguments(args: readonly string[]): string[] {
  const only = args.indexOf('--only');
  if (only === -1) return [...args];
  const pattern = args[only + 1];
  if (pattern === undefined) throw new Error('--only needs a pattern');
  return [...args.slice(0, only), '-t', pattern, ...args.slice(only + 2)];
}

/** A complete run also compares the suites. Any argument but a reporter makes the run partial. */
function reporterArguments(args: readonly string[]): string[] {
  if (args.some((arg) => !/^--(reporter|outputFile)/.test(arg))) return [];
  const others = args.some((arg) => arg.startsWith('--reporter')) ? [] : ['--reporter=default'];
  return [...others, `--reporter=${SUITES_REPORTER}`];
}

async function runVitest(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const vitest = join(repositoryDir, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'vitest.services.config.ts', ...args], {
    cwd: repositoryDir,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** Prints the last lines of every server's log, which often explain a failure better than the assertion. */
async function printLogs({ dir }: ServicesRun): Promise<void> {
  for (const name of (await readdir(dir)).filter((file) => file.endsWith('.log')).sort()) {
    const lines = (await readFile(join(dir, name), 'utf8')).trimEnd().split('\n').slice(-LAST_LINES);
    print([`--- the last of ${name}`, ...lines.map((line) => line.slice(0, 400))].join('\n'));
  }
}

const given = process.argv.slice(2);
if (given.some((arg) => arg === '--help' || arg === '--version')) {
  readOptions({
    usage: 'npm run test:services --',
    about: 'Runs the tests that need MongoDB, Redis, MinIO and LiveKit. Passes all other arguments on to vitest.',
    options: {
      only: { type: 'string', value: 'PATTERN', about: 'runs the tests whose name matches' },
      full: { type: 'boolean', about: 'runs tests at full size that otherwise take a fraction of it' },
    },
  });
}
if (given.includes('--full')) process.env['FULL_SIZE'] = 'true';
const args = vitestArguments(given.filter((arg) => arg !== '--full'));
const run = await openRun((line) => print(`services: ${line}`));
const rows = run.programs.map(({ name, version, source, path }) => [name, version, source, path]);
print(table([['server', 'version', 'from', 'path'], ...rows]));
process.exitCode = await runVitest([...args, ...reporterArguments(args)], { ...process.env, ...run.env });
await run.reap();
if (process.exitCode !== 0) await printLogs(run);
await run.close();
