import { describe, expect, it } from 'vitest';

import { createBlipGuard, isMassSuspicion } from '../../../src/machines/reconcile/blip-guard.js';

it.each([
  [5, 10, false],
  [6, 10, true],
  [10, 100, false],
  [11, 100, true],
  [200, 2_000, false],
  [201, 2_000, true],
])('%i recordings suspected at once among %i make the list of LiveKit unreliable: %s', (suspects, all, expected) => {
  expect(isMassSuspicion(suspects, all)).toBe(expected);
});

describe('a list from LiveKit in which too many recordings seem gone', () => {
  it('is ignored three times in a row and believed the fourth time; then the count begins again', () => {
    const blips = createBlipGuard();
    expect([1, 2, 3, 4, 5].map(() => blips.isBlip(10, 10))).toEqual([true, true, true, false, true]);
  });

  it('is ignored three more times when a list without suspects came in between', () => {
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
