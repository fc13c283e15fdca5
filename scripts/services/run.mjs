import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryDir } from './cache.mjs';
import { command } from './command.mjs';
import { getPrograms } from './programs.mjs';
import { reap, runVariable, startWatchdog } from './reaper.mjs';
import { table } from './table.mjs';

const log = (line) => console.log(`services: ${line}`);

/** `--only PATTERN` selects tests by name; everything else goes to vitest as it is. */
function vitestArguments(args) {
  const only = args.indexOf('--only');
  if (only === -1) return args;
  if (args[only + 1] === undefined) throw new Error('--only needs a pattern');
  return [...args.slice(0, only), '-t', args[only + 1], ...args.slice(only + 2)];
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
  const programs = await getPrograms(log);
  log('building Tally');
  await command('npm', ['run', 'build'], { cwd: repositoryDir });
  console.log(
    table([['server', 'version', 'from', 'path'], ...programs.map((row) => [row.name, row.version, row.source, row.path])]),
  );

  const runId = randomUUID();
  const runDir = await mkdtemp(join(tmpdir(), 'tally-services-'));
  startWatchdog(runId, runDir);
  const paths = Object.fromEntries(programs.map(({ key, path }) => [key, path]));
  const env = {
    ...process.env,
    [runVariable]: runId,
    TALLY_SERVICES_DIR: runDir,
    TALLY_SERVICES_PROGRAMS: JSON.stringify(paths),
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void reap(runId).then(() => process.exit(1)));

  const code = await runVitest(args, env);
  await reap(runId);
  if (code !== 0) await printLogs(runDir);
  await rm(runDir, { recursive: true, force: true });
  process.exitCode = code;
}

await main();
