import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { compare, type CompareOptions } from '../../bench/compare/compare.js';
import { compareFigure, type Comparison } from '../../bench/compare/ratio.js';
import { collect } from '../support/collect.js';
import { createDataFolder } from '../support/stores/data-folder.js';

const run = promisify(execFile);

/** A bench program for the test repository. It prints the figures of `figures.json` and appends a line to the file `runs`. */
const BENCH = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
const figures = JSON.parse(readFileSync('figures.json', 'utf8'));
const only = process.argv[process.argv.indexOf('--only') + 1].split(',');
const measured = figures.filter(({ name }) => only.includes(name));
if (measured.length === 0) { console.error("no bench '" + only + "'"); process.exit(1); }
appendFileSync('FOLDER/runs', figures[0].value + ' ' + process.argv.slice(2).join(' ') + '\\n');
console.log(JSON.stringify({ name: 'environment' }));
for (const { name, value, op = '>=' } of measured) {
  if (value === 'crash') throw new Error('out of memory');
  const shown = value === 'shared' ? Number(existsSync('node_modules/mark')) + 1 : value;
  console.log(JSON.stringify({ name, value: shown, op, unit: '1/s', target: 1, ok: false, n: 1 }));
}
process.exitCode = 1;
`;

let folder: Awaited<ReturnType<typeof createDataFolder>>;
let repository: string;

beforeEach(async () => {
  folder = await createDataFolder();
  repository = path.join(folder.path, 'repository');
  await mkdir(path.join(repository, 'node_modules'), { recursive: true });
  await write('node_modules/mark', '');
  await write('.gitignore', 'node_modules\n');
  await write('package.json', JSON.stringify({ name: 'made-up', type: 'module', scripts: { bench: 'node bench.js' } }));
  await write(
    'package-lock.json',
    JSON.stringify({ name: 'made-up', lockfileVersion: 3, packages: { '': { name: 'made-up' } } }),
  );
  await write('bench.js', BENCH.replace('FOLDER', folder.path));
  await git('init', '--quiet');
});
afterEach(() => folder.remove());

const write = (file: string, content: string) => writeFile(path.join(repository, file), content);
const figures = (...all: { name: string; value: unknown; op?: '<=' }[]) => write('figures.json', JSON.stringify(all));

async function git(...args: string[]): Promise<void> {
  await run('git', ['-C', repository, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args]);
}

async function commit(): Promise<void> {
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'a commit');
}

function comparison(names: string[], changes: Partial<CompareOptions> = {}): Promise<Comparison[]> {
  const groups = [names];
  const options = { repository, ref: 'HEAD', groups, passedOn: [], pairs: 1, log: () => undefined };
  return collect(compare({ ...options, signal: new AbortController().signal, ...changes }));
}

describe('the comparison of a commit with the working tree', () => {
  it('runs the benches of both alternately, including moved and uncommitted files, and takes the median of the pairs', async () => {
    await figures({ name: 'rate', value: 100 }, { name: 'time', value: 10, op: '<=' });
    await commit();
    await figures({ name: 'rate', value: 80 }, { name: 'time', value: 8, op: '<=' });
    await mkdir(path.join(repository, 'tools'));
    await rename(path.join(repository, 'bench.js'), path.join(repository, 'tools/run.js'));
    await write('package.json', JSON.stringify({ type: 'module', scripts: { bench: 'node tools/run.js' } }));
    const found = await comparison(['rate', 'time'], { passedOn: ['--scale', '0.5'], pairs: 3 });
    expect(found).toMatchObject([
      { name: 'rate', value: 0.8, ok: false, old: 100, new: 80, of: '1/s', n: 3 },
      { name: 'time', value: 1.25, ok: true, old: 10, new: 8 },
    ]);
    const runs = (await readFile(path.join(folder.path, 'runs'), 'utf8')).trim().split('\n');
    const inTurns = ['100', '80', '80', '100', '100', '80'];
    expect(runs).toEqual(inTurns.map((rate) => `${rate} --json --scale 0.5 --only rate,time`));
  });

  it('shares the installed packages when the lock file is unchanged, and installs packages when it differs', async () => {
    await figures({ name: 'packages', value: 'shared' });
    await commit();
    expect(await comparison(['packages'])).toMatchObject([{ old: 2, new: 2 }]);
    const lock = {
      name: 'made-up',
      version: '2.0.0',
      lockfileVersion: 3,
      packages: { '': { name: 'made-up', version: '2.0.0' } },
    };
    await write('package-lock.json', JSON.stringify(lock));
    expect(await comparison(['packages'])).toMatchObject([{ old: 1, new: 2 }]);
  });

  it('leaves out a figure that only one of them measures', async () => {
    await figures({ name: 'rate', value: 100 });
    await commit();
    await figures({ name: 'rate', value: 100 }, { name: 'latest', value: 1 });
    const lines: string[] = [];
    expect(await comparison(['latest'], { log: (line) => lines.push(line) })).toEqual([]);
    expect(lines).toContain('latest is not measured by both');
  });

  it('throws with the output of a bench that measured nothing, and removes its folder', async () => {
    await figures({ name: 'rate', value: 'crash' });
    await commit();
    const lines: string[] = [];
    const failing = comparison(['rate'], { log: (line) => lines.push(line) });
    await expect(failing).rejects.toThrow(/the old tree measured nothing:[^]*out of memory/);
    const [, made = ''] = / in (.+)$/.exec(lines[0] ?? '') ?? [];
    expect([path.basename(made), existsSync(made)]).toEqual([expect.stringMatching(/^tally-compare-/), false]);
  });

  it('throws when the reference is not a commit', async () => {
    await expect(comparison(['rate'], { ref: 'nowhere' })).rejects.toThrow("no commit 'nowhere'");
  });
});

describe('the ratio of a compared figure', () => {
  const result = (value: number, op: '<=' | '>=') => ({ name: 'x', value, unit: 's', target: 1, op, ok: true, n: 1 });
  const pair = (old: number, now: number, op: '<=' | '>=') => ({ old: result(old, op), new: result(now, op) });

  it('is accepted from 0.9 on', () => {
    expect(compareFigure('x', [pair(100, 90, '>=')])).toMatchObject({ value: 0.9, ok: true });
    expect(compareFigure('x', [pair(100, 89, '>=')])).toMatchObject({ value: 0.89, ok: false });
    expect(compareFigure('x', [pair(9, 10, '<=')])).toMatchObject({ value: 0.9, ok: true });
  });

  it('is the median of the pairs, so that two bad pairs of five do not decide', () => {
    const pairs = [10, 20, 100, 101, 102].map((now) => pair(100, now, '>='));
    expect(compareFigure('x', pairs)).toMatchObject({ value: 1, lowest: 0.1, highest: 1.02, n: 5 });
  });

  it('is a number also when a measured time is zero or negative', () => {
    expect(compareFigure('x', [pair(-0.2, 0, '<=')])).toMatchObject({ value: 1, ok: true });
    expect(compareFigure('x', [pair(-0.2, 3, '<=')])).toMatchObject({ ok: false });
  });
});
