import { expect, it } from 'vitest';

import { createTurn } from '../../src/jobs/locks.js';
import { createLogger } from '../../src/logging.js';
import { createGate } from '../support/gate.js';
import { createMemoryJobLocks } from '../support/memory/memory-job-locks.js';
import { createTestClock } from '../support/test-clock.js';

const log = createLogger({ level: 'silent', name: 'test' });

function twoInstances() {
  const clock = createTestClock();
  const gate = createGate();
  const locks = createMemoryJobLocks({ gate, clock });
  const turn = () => createTurn('pass', { locks, ttlMs: 5_000, log });
  return { clock, gate, one: turn(), two: turn() };
}

it('a turn belongs to one instance until it expires, then to the next instance that asks', async () => {
  const { clock, one, two } = twoInstances();
  expect([await one(), await two(), await one()]).toEqual([true, false, false]);
  clock.advance(5_000);
  expect([await two(), await one()]).toEqual([true, false]);
});

it('every instance gets a turn while the lock store cannot be reached', async () => {
  const { gate, one, two } = twoInstances();
  for (let count = 0; count < 2; count += 1) gate.failNext('jobLocks.acquire', 'fail_before');
  expect([await one(), await two()]).toEqual([true, true]);
  expect([await one(), await two()]).toEqual([true, false]);
});
