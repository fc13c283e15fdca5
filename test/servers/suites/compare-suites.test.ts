import { expect, it } from 'vitest';

import { compareSuites } from './compare-suites.js';

const listed = (file: string, ...names: string[]) => names.map((name) => ({ file: `test/${file}`, name }));
const ran = (file: string, state: string, ...names: string[]) => listed(file, ...names).map((each) => ({ ...each, state }));

const EMBEDDED = [
  ...listed('http/rooms.test.ts', 'rooms > are created', 'rooms > are deleted'),
  ...listed('persistence/lmdb/contracts.test.ts', 'room store: LMDB > create > works', 'room store: LMDB > list > works'),
  ...listed('support/memory-stores.test.ts', 'room store: memory > create > works'),
];
const HTTP = ran('http/rooms.test.ts', 'passed', 'rooms > are created', 'rooms > are deleted');
const MONGO = 'services/mongo/contracts.test.ts';
const STORE = ran(MONGO, 'passed', 'room store: MongoDB > create > works', 'room store: MongoDB > list > works');

it('compareSuites counts the cases of each suite by adapter, and finds no fault when all of them passed', () => {
  expect(compareSuites(EMBEDDED, [...HTTP, ...STORE])).toEqual({
    rows: [
      ['suite', 'embedded', 'cases', 'real', 'cases', 'passed'],
      ['HTTP', 'in process', '2', 'MongoDB, Redis, MinIO', '2', '2'],
      ['room store', 'LMDB', '2', 'MongoDB', '2', '2'],
    ],
    faults: [],
  });
});

it('compareSuites reports cases that are missing, skipped, or run only on the embedded or only on the real adapter', () => {
  const skipped = ran(MONGO, 'skipped', 'room store: MongoDB > create > works');
  const alone = ran(MONGO, 'passed', 'room store: MongoDB > only here');
  expect(compareSuites(EMBEDDED, [...skipped, ...alone]).faults).toEqual([
    'HTTP: runs on no real adapter',
    'room store on MongoDB: did not pass: create > works',
    'room store on MongoDB: did not pass: list > works',
    'room store on MongoDB: not on the embedded one: only here',
    'room store on MongoDB: 1 of 2 passed',
  ]);
});
