import type { Migration } from '../migrations/migration.js';
import type { RemakableIndex } from './document-index.js';
import type { Environment } from './environment.js';

/** Of the rows that are made for a document. Change it with them: then every start finds rows of its own version. */
const ROWS_VERSION = 2;
/** Before rows had a stored version. */
const FIRST_VERSION = 1;
/** Documents of one transaction: some milliseconds, for the event loop waits. */
const BATCH = 250;

interface Stand {
  /** Of the rows that are there. */
  version: number;
  /** The rows of this version are being made: they are there for all documents up to this key. */
  making?: { version: number; upTo?: string };
}

export interface IndexRowsOptions {
  environment: Environment;
  indexes: readonly RemakableIndex[];
  /** Default 2. */
  version?: number;
}

/**
 * Make the rows of all documents anew when they are of another version of the code, an older or a newer one. A kill costs one batch.
 */
export function createIndexRowsMigration({ environment, indexes, version = ROWS_VERSION }: IndexRowsOptions): Migration {
  const stands = environment.table<Stand>('rowVersions');
  const standOf = (index: RemakableIndex): Stand => stands.get(index.name) ?? { version: FIRST_VERSION };
  const lacking = () => indexes.filter((index) => standOf(index).version !== version);

  return {
    name: 'lmdb_index_rows',
    isNeeded: () =>
      environment.write(() => {
        // A new table has no rows, and those that come are of this version.
        for (const index of lacking()) if (!index.hasDocuments()) void stands.put(index.name, { version });
        return lacking().length > 0;
      }),
    async run({ signal, onBatch }) {
      const counts: Record<string, number> = {};
      for (const index of environment.read(lacking)) {
        counts[index.name] = 0;
        for (let made: number | undefined = 0; made !== undefined;) {
          signal.throwIfAborted();
          made = await environment.write(() => step(index), { durable: true });
          counts[index.name] = (counts[index.name] ?? 0) + (made ?? 0);
          onBatch(counts);
        }
      }
      return counts;
    },
  };

  /** @returns how many documents have rows now that had none; undefined when all have them */
  function step(index: RemakableIndex): number | undefined {
    const { making, ...stand } = standOf(index);
    if (making?.version !== version) {
      index.clear();
      void stands.put(index.name, { ...stand, making: { version } });
      return 0;
    }
    const keys = index.remake(making.upTo, BATCH);
    const upTo = keys.at(-1);
    if (upTo === undefined) void stands.put(index.name, { version });
    else void stands.put(index.name, { ...stand, making: { version, upTo } });
    return upTo === undefined ? undefined : keys.length;
  }
}
