import { describe, expect, it } from 'vitest';

import { createBlipGuard, isMassSuspicion } from '../../../src/machines/reconcile/blip-guard.js';

it.each([
  [5, 10, false],
  [6, 10, true],
  [10, 100, false],
  [11, 100, true],
  [200, 2_000, false],
  [201, 2_000, true],
])('%i suspects among %i recordings are a bad observation: %s', (suspects, all, expected) => {
  expect(isMassSuspicion(suspects, all)).toBe(expected);
});

describe('a look at which too many seem gone', () => {
  it('is thrown away three times in a row and believed the fourth time; then the count begins anew', () => {
    const blips = createBlipGuard();
    expect([1, 2, 3, 4, 5].map(() => blips.isBlip(10, 10))).toEqual([true, true, true, false, true]);
  });

  it('is thrown away three times again when a good look came in between', () => {
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
