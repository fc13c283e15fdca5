import { command } from './command.mjs';

/** Install the packages that are missing. Needs root only then. */
export async function ensureDebianPackages(names, log) {
  const missing = [];
  for (const name of names) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length === 0) return;
  log(`installing ${missing.join(' ')}`);
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await command('apt-get', [...options, 'update'], { env });
  await command('apt-get', [...options, 'install', '-y', '--no-install-recommends', ...missing], { env });
}

export async function packageVersion(name) {
  return (await command('dpkg-query', ['-W', '-f', '${Version}', name])).trim();
}

async function isInstalled(name) {
  const status = await command('dpkg-query', ['-W', '-f', '${db:Status-Status}', name]).catch(() => '');
  return status === 'installed';
}
