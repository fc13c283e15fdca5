import { systemClock } from '../../../src/clock.js';
import { connectMongo, type MongoDatabase, type MongoOptions } from '../../../src/persistence/mongo/database.js';
import { type OpenStores, openStores } from './open-stores.js';

export type Mongo = OpenStores<MongoDatabase>;

export const TIMING = { startTimeoutMs: 30_000, stopTimeoutMs: 30_000, uploadBudgetMs: 600_000 };

export async function openMongo(options: Pick<MongoOptions, 'uri' | 'dbName'> & Partial<MongoOptions>): Promise<Mongo> {
  return openStores(await connectMongo({ clock: systemClock, timing: TIMING, ...options }));
}
