import { spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryDir } from './cache.mjs';
import { command } from './command.mjs';
import { openRun } from './open-run.mjs';
import { table } from './table.mjs';

const log = (line) => console.log(`services: ${line}`);

/** `--only PATTERN` selects tests by name; everything else goes to vitest as it is. */
function vitestArguments(args) {
  const only = args.indexOf('--only');
  if (only === -1) return args;
  if (args[only + 1] === undefined) throw new Error('--only needs a pattern');
  return [...args.slice(0, only), '-t', args[only + 1], ...args.slice(only + 2)];
}

/** A run of everything also compares the suites; any pattern or file makes it a part. */
function reporterArguments(args) {
  if (args.some((arg) => !/^--(reporter|outputFile)/.test(arg))) return [];
  const others = args.some((arg) => arg.startsWith('--reporter')) ? [] : ['--reporter=default'];
  return [...others, `--reporter=${join(repositoryDir, 'scripts/services/suites-reporter.mjs')}`];
}

function runVitest(args, env) {
  const vitest = join(repositoryDir, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'vitest.services.config.ts', ...args], {
    cwd: repositoryDir,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** After a failure the servers' last words tell more than the assertion. */
async function printLogs(runDir) {
  for (const name of (await readdir(runDir)).filter((file) => file.endsWith('.log')).sort()) {
    const lines = (await readFile(join(runDir, name), 'utf8')).trimEnd().split('\n').slice(-30);
    console.log([`--- the last of ${name}`, ...lines.map((line) => line.slice(0, 400))].join('\n'));
  }
}

async function main() {
  const args = vitestArguments(process.argv.slice(2));
  const run = await openRun(log);
  log('building Tally');
  await command('npm', ['run', 'build'], { cwd: repositoryDir });
  const rows = run.programs.map((row) => [row.name, row.version, row.source, row.path]);
  console.log(table([['server', 'version', 'from', 'path'], ...rows]));

  const code = await runVitest([...args, ...reporterArguments(args)], { ...process.env, ...run.env });
  await run.reap();
  if (code !== 0) await printLogs(run.dir);
  await run.close();
  process.exitCode = code;
}

await main();
