import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { JobRun, JobRuns } from '../../src/jobs/runs.js';
import type { Disposable } from './actor-store.js';

export interface JobRunsContract {
  name: string;
  /** Creates the store before any job has run. */
  create: () => Promise<Disposable & { runs: JobRuns }>;
}

const RAN: JobRun = { startedAt: 1_000, finishedAt: 1_500, instance: 'one', counts: { seen: 3, freed: 0 } };
const FAILED: JobRun = { startedAt: 2_000, finishedAt: 2_001, instance: 'two', error: 'LiveKit did not answer' };

export function jobRunsContract({ name, create }: JobRunsContract): void {
  describe(`job runs: ${name}`, () => {
    let runs: JobRuns;
    let dispose: (() => Promise<void>) | undefined;

    beforeEach(async () => {
      ({ runs, dispose } = await create());
    });
    afterEach(() => dispose?.());

    it('are undefined for a job that never ran', async () => {
      await runs.save('other', RAN);
      expect(await runs.load('job')).toBeUndefined();
    });

    it.each([RAN, FAILED, { ...RAN, counts: {} }])('load a run as it was saved: %j', async (run) => {
      await runs.save('job', run);
      expect(await runs.load('job')).toEqual(run);
    });

    it('keep only the last run of each job', async () => {
      await runs.save('job', RAN);
      await runs.save('other', RAN);
      await runs.save('job', FAILED);
      expect(await runs.load('job')).toEqual(FAILED);
      expect(await runs.load('other')).toEqual(RAN);
      await runs.save('job', RAN);
      expect(await runs.load('job')).toEqual(RAN);
    });

    it('accept twenty saves of the same run at once', async () => {
      await Promise.all(Array.from({ length: 20 }, () => runs.save('job', RAN)));
      expect(await runs.load('job')).toEqual(RAN);
    });
  });
}
