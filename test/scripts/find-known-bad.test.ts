import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { findKnownBad, type KnownBad } from '../../scripts/lock-files/find-known-bad.js';

const SCRIPTS = path.resolve(import.meta.dirname, '../../scripts/lock-files');

function bad(name: string, versions: string): KnownBad {
  return { package: name, versions, reason: 'a hole', source: 'https://example.org' };
}

function lock(packages: Record<string, string>) {
  const entries = Object.entries(packages).map(([name, version]) => [name, { version }] as const);
  return { packages: Object.fromEntries([['', { version: '1.0.0' }], ...entries]) };
}

describe('findKnownBad', () => {
  it('finds a bad version wherever it is installed, and gives its path', () => {
    const found = findKnownBad(
      lock({ 'node_modules/qs': '6.17.1', 'node_modules/superagent/node_modules/qs': '6.14.0', 'node_modules/@a/qs': '6.14.0' }),
      [bad('qs', '<6.14.1')],
    );
    expect(found.map(({ path, version }) => [path, version])).toEqual([['node_modules/superagent/node_modules/qs', '6.14.0']]);
  });

  it('finds a bad prerelease of a package in a scope', () => {
    const found = findKnownBad(lock({ 'node_modules/@scope/one': '2.0.0-beta.1', 'node_modules/one': '2.0.0' }), [
      bad('@scope/one', '<2.0.0'),
    ]);
    expect(found.map(({ path }) => path)).toEqual(['node_modules/@scope/one']);
  });

  it('accepts several ranges for one package', () => {
    const list = [bad('vite', '<8.0.16'), bad('vite', '8.4.0')];
    const versions = ['8.0.15', '8.0.16', '8.3.8', '8.4.0'];
    const found = versions.filter((version) => findKnownBad(lock({ 'node_modules/vite': version }), list).length > 0);
    expect(found).toEqual(['8.0.15', '8.4.0']);
  });

  it('throws for an invalid range, which would match no version', () => {
    expect(() => findKnownBad(lock({}), [bad('qs', 'before 6')])).toThrow("qs: 'before 6' is no range of versions");
  });

  it('accepts our list, in which every entry has a reason and a source', () => {
    const list = JSON.parse(readFileSync(path.join(SCRIPTS, 'known-bad-versions.json'), 'utf8')) as KnownBad[];
    for (const { reason, source } of list)
      expect([reason, source]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/^https:/)]);
    expect(findKnownBad(lock({}), list)).toEqual([]);
  });
});
