import { type Clock, systemClock } from '../../../src/clock.js';
import { LocksUnavailableError } from '../../../src/errors.js';
import type { JobLocks } from '../../../src/jobs/locks.js';
import { createLocalJobLocks } from '../../../src/persistence/local-job-locks.js';
import { createGate, type Gate, type GateErrors, throughGate } from '../gate.js';

const lockErrors: GateErrors = {
  unavailable: (message) => new LocksUnavailableError(message),
  unknown: (message) => new LocksUnavailableError(message),
};

/** The job locks of a single process behind a gate; several instances in a test may share them. */
export function createMemoryJobLocks({
  gate = createGate(),
  clock = systemClock,
}: { gate?: Gate; clock?: Clock } = {}): JobLocks {
  const local = createLocalJobLocks({ clock });
  const call = async <Result>(method: string, run: () => Promise<Result>) =>
    await (
      await throughGate(gate, `jobLocks.${method}`, lockErrors, () => ({ result: run() }))
    ).result;

  return {
    acquire: (name, ttlMs) => call('acquire', () => local.acquire(name, ttlMs)),
    extend: (name, value, ttlMs) => call('extend', () => local.extend(name, value, ttlMs)),
    release: (name, value) => call('release', () => local.release(name, value)),
  };
}
