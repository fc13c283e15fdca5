import { describe, expect, it } from 'vitest';

import { createBlipGuard, isMassSuspicion } from '../../../src/machines/reconcile/blip-guard.js';

it.each([
  [5, 10, false],
  [6, 10, true],
  [10, 100, false],
  [11, 100, true],
  [200, 2_000, false],
  [201, 2_000, true],
])('%i suspects of %i are a bad observation: %s', (suspects, all, expected) => {
  expect(isMassSuspicion(suspects, all)).toBe(expected);
});

describe('a bad observation', () => {
  it('is believed at the fourth time, and anew from then on', () => {
    const blips = createBlipGuard();
    expect([1, 2, 3, 4, 5].map(() => blips.isBlip(10, 10))).toEqual([true, true, true, false, true]);
  });

  it('that is over starts from the beginning when it comes back', () => {
    const blips = createBlipGuard();
    expect([10, 10, 0, 10, 10, 10, 10].map((suspects) => blips.isBlip(suspects, 10))).toEqual([
      true,
      true,
      false,
      true,
      true,
      true,
      false,
    ]);
  });
});
