import type { Migration } from '../migrations/migration.js';
import type { RemakableIndex } from './document-index.js';
import type { Environment } from './environment.js';

/** Version of the index rows that the code writes. Increase it when the rows change; the next start then rebuilds all rows. */
const ROWS_VERSION = 3;
/** Version of the rows in a table for which no version is stored. */
const FIRST_VERSION = 1;
/** Number of documents per transaction, which blocks the event loop for some milliseconds. */
const BATCH = 250;

interface Stand {
  /** Version of the stored rows. */
  version: number;
  /** A rebuild in progress: its version, and the last document key whose rows are rebuilt. */
  making?: { version: number; upTo?: string };
}

export interface IndexRowsOptions {
  environment: Environment;
  indexes: readonly RemakableIndex[];
  /** Version of the rows to write. Default 3. */
  version?: number;
}

/** A migration that rebuilds all rows if their version is older or newer than the code's. A kill loses only one batch. */
export function createIndexRowsMigration({ environment, indexes, version = ROWS_VERSION }: IndexRowsOptions): Migration {
  const stands = environment.table<Stand>('rowVersions');
  const standOf = (index: RemakableIndex): Stand => stands.get(index.name) ?? { version: FIRST_VERSION };
  const lacking = () => indexes.filter((index) => standOf(index).version !== version);

  return {
    name: 'lmdb_index_rows',
    isNeeded: () =>
      environment.write(() => {
        // A table without documents needs no rebuild: all its future rows have this version.
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

  /** @returns the number of documents whose rows were rebuilt now; undefined if all rows are rebuilt */
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
