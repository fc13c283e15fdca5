import { expect, it } from 'vitest';

import { costliestRequest } from './support/apps/costliest-request.js';
import { BUILD_TIMEOUT_MS } from './support/apps/build-once.js';

const MOST_MS = 100;

it(
  'no request of up to 64 kB takes more than 100 ms of processor time in one turn of the event loop',
  async () => {
    const seed = Date.now() % 1_000_000;
    const { ms, about } = await costliestRequest(seed, 300);
    process.stdout.write(`seed ${String(seed)}: ${ms.toFixed(1)} ms by ${about}\n`);
    expect(ms).toBeLessThanOrEqual(MOST_MS);
  },
  BUILD_TIMEOUT_MS,
);
