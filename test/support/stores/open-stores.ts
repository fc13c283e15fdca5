import { systemClock } from '../../../src/clock.js';
import type { Database, Stores } from '../../../src/persistence/database.js';
import { connectLmdb, type LmdbDatabase, type LmdbOptions } from '../../../src/persistence/lmdb/database.js';
import type { Counts } from '../../../src/persistence/migrations/migration.js';

export type OpenStores<Connected extends Database> = Stores &
  Pick<Connected, Exclude<keyof Connected, 'migrate' | 'openStores'>> & {
    /** The counts of each migration that was needed, by its name. */
    migrated: Readonly<Record<string, Counts>>;
  };

export type Lmdb = OpenStores<LmdbDatabase>;

export async function openLmdb(options: Omit<LmdbOptions, 'clock'> & Partial<LmdbOptions>): Promise<Lmdb> {
  return openStores(await connectLmdb({ clock: systemClock, ...options }));
}

/** Runs the needed migrations of a connected database, without a lock, and opens its stores. */
export async function openStores<Connected extends Database>(database: Connected): Promise<OpenStores<Connected>> {
  const migrated: Record<string, Counts> = {};
  const { signal } = new AbortController();
  try {
    await database.migrate(async (migrations) => {
      for (const migration of migrations) {
        if (await migration.isNeeded()) migrated[migration.name] = await migration.run({ signal, onBatch: () => undefined });
      }
    }, signal);
    return { ...database, ...database.openStores(), migrated };
  } catch (error) {
    await database.close();
    throw error;
  }
}
