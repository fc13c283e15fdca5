import { expect, it } from 'vitest';

import { staleMembers } from '../../scripts/lock-files/stale-members.js';

const manifest = { name: 'a', version: '1.0.0', dependencies: { b: '1.0.0' }, scripts: { start: 'node .' } };

it('a lock file is current when it copies package.json, whose scripts it never has', () => {
  const { scripts: _, ...copied } = manifest;
  expect(staleMembers(manifest, { packages: { '': copied } })).toEqual([]);
});

it.each([
  [{ ...manifest, bin: { a: 'a.js' } }, ['bin']],
  [{ ...manifest, dependencies: { b: '1.0.1' } }, ['dependencies']],
])('a lock file is stale when npm install would change it', (changed, stale) => {
  expect(staleMembers(changed, { packages: { '': manifest } })).toEqual(stale);
});
