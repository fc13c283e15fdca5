import { execFile } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { BUILD_TIMEOUT_MS, buildOnce } from './support/apps/build-once.js';
import { createDataFolder } from './support/stores/data-folder.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const folders: { remove(): Promise<void> }[] = [];

beforeAll(() => buildOnce(), BUILD_TIMEOUT_MS);
afterAll(async () => {
  for (const folder of folders.splice(0)) await folder.remove();
});

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

async function run(program: string, args: readonly string[], cwd = ROOT): Promise<Ended> {
  const { PATH, HOME } = process.env;
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { cwd, env: { PATH, HOME, NO_COLOR: '1' } });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as Ended;
    return { code, stdout, stderr };
  }
}

async function emptyFolder(): Promise<string> {
  const folder = await createDataFolder();
  folders.push(folder);
  return folder.path;
}

const COMMANDS = ['src/main.js', 'src/cli/demo.js', 'src/simulator/main.js', 'bench/main.js'].map((file) =>
  path.join('dist', file),
);
const SCRIPTS = ['scripts/build.mjs', 'scripts/check.mjs'];

describe.concurrent('a command', () => {
  it.each([...COMMANDS, 'dist/test/servers/run.js', ...SCRIPTS])(
    'prints one screen for --help and ends with 0: %s',
    async (file) => {
      const { code, stdout, stderr } = await run(process.execPath, [file, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const lines = stdout.trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(24);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(132);
    },
  );

  it.each([...COMMANDS, ...SCRIPTS])('refuses an unknown option in one line and ends with 2: %s', async (file) => {
    const { code, stdout, stderr } = await run(process.execPath, [file, '--nope']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Unknown option '--nope'; .*\n$/);
  });

  it('prints the version of the package', async () => {
    const { stdout } = await run(process.execPath, ['dist/src/main.js', '--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe.concurrent('a tree without the compiler, as after npm ci --omit=dev', () => {
  async function tree({ built }: { built: boolean }): Promise<string> {
    const folder = await emptyFolder();
    for (const part of ['package.json', 'scripts', 'src', ...(built ? ['dist'] : [])])
      await cp(path.join(ROOT, part), path.join(folder, part), { recursive: true });
    return folder;
  }
  const build = (folder: string) => run(process.execPath, ['scripts/build.mjs', '--if-needed'], folder);

  it('says how to build it when it is not built', async () => {
    const { code, stderr } = await build(await tree({ built: false }));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Tally is not built, .*npm ci && npm run build.*\n$/);
  });

  it('runs as it was built, and says when that was from other sources', async () => {
    const folder = await tree({ built: true });
    await writeFile(path.join(folder, 'src/main.ts'), '// changed');
    const { code, stderr } = await build(folder);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Tally runs as built from other sources/);
  });
});

it('a build stays current when a copy changes the times of all files', async () => {
  const folder = await emptyFolder();
  for (const part of [
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'tsconfig.tsx.json',
    'scripts',
    'src',
    'bench',
    'dist',
    'test/servers',
  ])
    await cp(path.join(ROOT, part), path.join(folder, part), { recursive: true, preserveTimestamps: false });
  expect(await run(process.execPath, ['scripts/build.mjs', '--if-needed'], folder)).toEqual({ code: 0, stdout: '', stderr: '' });
});

it('the packed package runs as the command tally and holds neither benches nor tests', async () => {
  const folder = await emptyFolder();
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]);
  const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
  const outside = files.filter(({ path: file }) => !/^(dist\/src\/|docs\/|[^/]+$)/.test(file));
  expect(outside).toEqual([]);
  await run('tar', ['-xf', filename], folder);
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'package/node_modules'));
  await mkdir(path.join(folder, 'bin'));
  await symlink(path.join(folder, 'package/dist/src/main.js'), path.join(folder, 'bin/tally'));
  await run('chmod', ['+x', 'package/dist/src/main.js'], folder); // as npm does for each `bin`
  expect(await run(path.join(folder, 'bin/tally'), ['--version'], folder)).toMatchObject({ code: 0, stderr: '' });
});
