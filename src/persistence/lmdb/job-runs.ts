import type { JobRun, JobRuns } from '../../jobs/runs.js';
import type { Environment } from './environment.js';

export function createLmdbJobRuns(environment: Environment): JobRuns {
  const runs = environment.table<JobRun>('jobRuns');

  return {
    save: (name, run) =>
      environment.write(() => {
        void runs.put(name, run);
      }),
    async load(name) {
      return environment.read(() => runs.get(name));
    },
  };
}
