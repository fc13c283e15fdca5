import { expect, it } from 'vitest';

import { probeOf } from '../../../src/http/probes/probe-of.js';

it.each([
  ['/health', 'health'],
  ['/HEALTH/deep?a=b', 'health'],
  ['/health?a=b', 'health'],
  ['/livez/', 'livez'],
  ['/Readyz?verbose', 'readyz'],
  ['/readyz/?verbose', 'readyz'],
  ['/healthy', undefined],
  ['/livez/deep', undefined],
  ['/readyz//', undefined],
  ['/api/v1/rooms?next=/readyz', undefined],
])('the path %s is that of the probe %s', (url, probe) => {
  expect(probeOf(url)).toBe(probe);
});
