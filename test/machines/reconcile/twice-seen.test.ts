import { expect, it } from 'vitest';

import { createTwiceSeen } from '../../../src/machines/reconcile/twice-seen.js';
import { createTestClock } from '../../support/test-clock.js';

const APART_MS = 1_000;

function setUp() {
  const clock = createTestClock();
  const looks = createTwiceSeen(clock);
  return { clock, looks, see: (mark = 'same', key = 'it') => looks.see(key, mark, APART_MS) };
}

it('twice-seen confirms a mark once it was first seen long enough ago, and from then on', () => {
  const { clock, see } = setUp();
  expect(see()).toBe(false);
  clock.advance(APART_MS - 1);
  expect(see()).toBe(false);
  clock.advance(1);
  expect([see(), see()]).toEqual([true, true]);
});

it('twice-seen never confirms a mark at the first look, not even when the required time is zero', () => {
  const { looks } = setUp();
  expect([looks.see('it', 'same', 0), looks.see('it', 'same', 0)]).toEqual([false, true]);
});

it('twice-seen begins again when the mark changes, also when it changes back', () => {
  const { clock, see } = setUp();
  see();
  clock.advance(APART_MS);
  expect([see('other'), see()]).toEqual([false, false]);
  clock.advance(APART_MS);
  expect(see()).toBe(true);
});

it('twice-seen counts each key by itself', () => {
  const { clock, see } = setUp();
  see('same', 'one');
  clock.advance(APART_MS);
  expect([see('same', 'two'), see('same', 'one')]).toEqual([false, true]);
});

it('twice-seen begins again with a key that was forgotten', () => {
  const { clock, looks, see } = setUp();
  for (const key of ['one', 'two', 'three']) see('same', key);
  looks.forget('one');
  looks.keep(new Set(['two', 'never seen']));
  expect(looks.keys()).toEqual(['two']);
  clock.advance(APART_MS);
  expect(['one', 'two', 'three'].map((key) => see('same', key))).toEqual([false, true, false]);
});

it('twice-seen measures elapsed time, not the wall clock', () => {
  const { clock, see } = setUp();
  see();
  clock.jump(10 * APART_MS);
  expect(see()).toBe(false);
  clock.jump(-20 * APART_MS);
  clock.advance(APART_MS);
  expect(see()).toBe(true);
});
