import type { JobRun, JobRuns } from '../../jobs/runs.js';
import type { MongoConnection, Stored } from './connect.js';
import { isDuplicateKey, reading } from './driver-errors.js';
import { JOB_RUNS } from './indexes.js';

const BOOKKEEPING = new Set(['_id', 'schemaVersion', 'name']);

/** Every method may be repeated, so one whose answer is lost counts as not done. */
export function createMongoJobRuns(connection: MongoConnection): JobRuns {
  const collection = connection.kernel(JOB_RUNS);

  return {
    save: (name, run) =>
      reading(async () => {
        const replace = () => collection.replaceOne({ name }, { schemaVersion: 1, name, ...run }, { upsert: true });
        // Two upserts at once: the other one was first, so there is a run to replace now.
        await replace().catch((error: unknown) => (isDuplicateKey(error) ? replace() : Promise.reject(error as Error)));
      }),
    async load(name) {
      const found = await reading(() => collection.findOne({ name }));
      return found === null ? undefined : toRun(found);
    },
  };
}

function toRun(stored: Stored): JobRun {
  return Object.fromEntries(Object.entries(stored).filter(([field]) => !BOOKKEEPING.has(field))) as JobRun;
}
