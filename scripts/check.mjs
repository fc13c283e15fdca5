/**
 * Every check that does not run the program: types, lint, format, the import table, known bad versions in the lock files, generated
 * files. All of them run, as many at once as there are cores; the exit code is 1 when any fails.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { readFlags } from './flags.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const CHECKS = [
  { name: 'types', command: ['tsc', '--noEmit', '--pretty', 'false', '-p', 'tsconfig.json'] },
  { name: 'lint', command: ['eslint', '.', '--max-warnings', '0'] },
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'imports', command: ['vitest', 'run', 'test/architecture.test.ts', '--reporter', 'dot'] },
  { name: 'lock files', command: ['tsx', '--tsconfig', 'tsconfig.tsx.json', 'scripts/lock-files/check.ts'] },
  { name: 'generated files', command: ['tsx', '--tsconfig', 'tsconfig.tsx.json', 'scripts/generate.ts', '--check'] },
];

/** @returns {Promise<{ name: string, ok: boolean, seconds: string, output: string }>} */
function run({ name, command: [binary, ...args] }) {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(path.join(ROOT, 'node_modules', '.bin', binary), args, {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: '1' },
    });
    let output = '';
    const finish = (ok) => resolve({ name, ok, seconds: ((performance.now() - startedAt) / 1000).toFixed(1), output });
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => {
      output += error.message;
      finish(false);
    });
    child.on('close', (code) => finish(code === 0));
  });
}

/** Print each check as it ends; its output only when it fails. @returns the names of those that failed */
async function runAll() {
  const waiting = [...CHECKS];
  const failed = [];
  async function worker() {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const { name, ok, seconds, output } = await run(check);
      process.stdout.write(`${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(16)} ${seconds.padStart(5)} s\n`);
      if (ok) continue;
      failed.push(name);
      process.stdout.write(`${output.trimEnd()}\n`);
    }
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), CHECKS.length) }, worker));
  return failed;
}

readFlags('npm run check', []);
const failed = await runAll();
if (failed.length > 0) process.stdout.write(`\ncheck failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
