import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { command } from '../processes/command.js';
import { hashOf } from './cache.js';
import { type Log, type Program, testsDir } from './program.js';

/** Installs the npm packages of the tests, unless the installed packages match the lock file. */
export async function installNodePackages(log: Log): Promise<void> {
  const hash = await hashOf(join(testsDir, 'package.json'), join(testsDir, 'package-lock.json'));
  const stamp = join(testsDir, 'node_modules', '.installed');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === hash) return;
  log('installing the npm packages of the tests');
  await command('npm', ['ci', '--prefix', testsDir, '--no-audit', '--no-fund']);
  await writeFile(stamp, hash);
}

/** @param file path inside the package */
export async function nodeProgram(key: string, name: string, packageName: string, file: string): Promise<Program> {
  const dir = join(testsDir, 'node_modules', packageName);
  const { version } = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8')) as { version: string };
  const path = join(dir, file);
  await access(path);
  return { key, name, version, path, source: 'npm' };
}
