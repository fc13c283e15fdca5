import type { JobRun, JobRuns } from '../../jobs/runs.js';
import type { MongoConnection, Stored } from './connect.js';
import { isDuplicateKey, reading } from './driver-errors.js';
import { JOB_RUNS } from './indexes.js';

const BOOKKEEPING = new Set(['_id', 'schemaVersion', 'name']);

/** Every method is safe to repeat, so a write without an answer is reported as not done (StoreUnavailableError). */
export function createMongoJobRuns(connection: MongoConnection): JobRuns {
  const collection = connection.kernel(JOB_RUNS);

  return {
    save: (name, run) =>
      reading(async () => {
        const replace = () => collection.replaceOne({ name }, { schemaVersion: 1, name, ...run }, { upsert: true });
        // Another upsert of the same job inserted its run first, so this run replaces that one.
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
