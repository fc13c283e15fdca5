import { mongo } from 'mongoose';

import { WriteOutcomeUnknownError } from '../../errors.js';
import { type ActorDocument, hasWritten } from '../../machines/kernel/document.js';
import type { MongoConnection, Stored } from './connect.js';
import { DUPLICATE_KEY, isDuplicateKey, isTurnedAway } from './driver-errors.js';

/** A new version of a document; it replaces the stored one only if that has exactly `expectedVersion`. */
export interface Replacement {
  key: string;
  expectedVersion: number;
  document: ActorDocument<object>;
  stored: Record<string, unknown>;
}

/** Whether the document was replaced. `unknown`: too many later writes, or a new primary that does not have the write yet. */
export type Outcome = boolean | 'unknown';

interface Place {
  connection: MongoConnection;
  /** Name of the collection. */
  name: string;
  /** Name of the field that contains the document's key. */
  keyName: string;
}

/**
 * Replace documents with one command; some may succeed while others fail.
 *
 * MongoDB reports how many were replaced, not which. If some were not, every document is read to look for the write's nonce.
 *
 * @throws WriteOutcomeUnknownError some documents may have been replaced
 * @throws MongoError the driver's error for the whole command, not translated
 */
export async function replaceAll(place: Place, replacements: readonly Replacement[]): Promise<ReadonlyMap<Replacement, Outcome>> {
  const [first] = replacements;
  if (first !== undefined && replacements.length === 1) return new Map([[first, await replaceOne(place, first)]]);
  const { connection, name } = place;
  const statements = replacements.map((each) => ({ q: filterOf(place, each), u: each.stored }));
  const { n, writeErrors = [], writeConcernError } = await connection.replaceMany(name, statements).catch(unlessRefused);
  const failure = writeConcernError ?? writeErrors.find(({ code }) => code !== DUPLICATE_KEY);
  if (failure !== undefined) throw new WriteOutcomeUnknownError(`MongoDB did not confirm some writes: ${failure.errmsg}`);
  if (n === replacements.length) return new Map(replacements.map((each) => [each, true]));
  const refused = new Set(writeErrors.map(({ index }) => replacements[index]));
  return findOutcomes(place, replacements, refused).catch((cause: unknown) => {
    throw new WriteOutcomeUnknownError('MongoDB did not tell which documents were written', { cause });
  });
}

async function replaceOne(place: Place, replacement: Replacement): Promise<boolean> {
  try {
    const collection = place.connection.kernel(place.name);
    return (await collection.replaceOne(filterOf(place, replacement), replacement.stored)).matchedCount === 1;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/** Rethrows a refusal or a network error. Any other server error may come after some writes, so their outcome is unknown. */
function unlessRefused(error: unknown): never {
  if (!(error instanceof mongo.MongoServerError) || isTurnedAway(error)) throw error;
  throw new WriteOutcomeUnknownError('MongoDB did not finish some writes', { cause: error });
}

async function findOutcomes(
  { connection, name, keyName }: Place,
  replacements: readonly Replacement[],
  refused: ReadonlySet<Replacement | undefined>,
): Promise<ReadonlyMap<Replacement, Outcome>> {
  const keys = replacements.map(({ key }) => key);
  const projection = { _id: 0, [keyName]: 1, 'tally.version': 1, 'tally.lastWrite': 1, 'tally.earlierWrites': 1 };
  const found = await connection
    .kernel(name)
    .find({ [keyName]: { $in: keys } }, { projection, batchSize: keys.length + 1 })
    .toArray();
  const newest = new Map(found.map((each) => [each[keyName], each as Stored & ActorDocument<object>]));
  const outcomes = new Map<Replacement, Outcome>();
  for (const each of replacements) {
    const { lastWrite, version } = each.document.tally;
    const document = newest.get(each.key);
    // After a lost race the stored version is at least ours. An older version comes from a new primary that lags behind.
    const isBehind = document !== undefined && document.tally.version < version && !refused.has(each);
    outcomes.set(each, isBehind ? 'unknown' : document !== undefined && hasWritten(document, lastWrite, version));
  }
  return outcomes;
}

function filterOf({ keyName }: Place, { key, expectedVersion }: Replacement): Record<string, unknown> {
  return { [keyName]: key, 'tally.version': expectedVersion };
}
