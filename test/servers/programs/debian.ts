import { access } from 'node:fs/promises';

import { command } from '../processes/command.js';
import type { Log, Program } from './program.js';

/** Installs the missing packages. Needs root only when a package is missing. */
export async function ensureDebianPackages(names: readonly string[], log: Log): Promise<void> {
  const missing: string[] = [];
  for (const name of names) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length === 0) return;
  log(`installing ${missing.join(' ')}`);
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await command('apt-get', [...options, 'update'], { env });
  await command('apt-get', [...options, 'install', '-y', '--no-install-recommends', ...missing], { env });
}

export async function debianProgram(key: string, name: string, packageName: string, path: string): Promise<Program> {
  await access(path);
  const version = (await command('dpkg-query', ['-W', '-f', '${Version}', packageName])).trim();
  return { key, name, version, path, source: 'Debian' };
}

async function isInstalled(name: string): Promise<boolean> {
  const status = await command('dpkg-query', ['-W', '-f', '${db:Status-Status}', name]).catch(() => '');
  return status === 'installed';
}
