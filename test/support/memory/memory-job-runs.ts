import type { JobRun, JobRuns } from '../../../src/jobs/runs.js';
import type { Gate } from '../gate.js';
import { createGate, throughGate } from '../gate.js';
import { readErrors, storeErrors } from './memory-actor-store.js';

export function createMemoryJobRuns({ gate = createGate() }: { gate?: Gate } = {}): JobRuns {
  const runs = new Map<string, JobRun>();

  return {
    save: (name, run) =>
      throughGate(gate, 'jobRuns.save', storeErrors, () => {
        runs.set(name, structuredClone(run));
      }),
    load: (name) => throughGate(gate, 'jobRuns.load', readErrors, () => structuredClone(runs.get(name))),
  };
}
