import type { ActorDocument } from './document.js';

export type CreateResult =
  | { created: true }
  /** Another document has the same value of a unique key: `conflict` names the key, `holder` is that document's key. */
  | { created: false; conflict: string; holder: string };

/**
 * The store of one kind of actor's documents. A failed compare-and-set and a taken unique key are results, not errors.
 *
 * Every method may throw StoreUnavailableError (retryable, nothing changed); methods that write may also throw
 * WriteOutcomeUnknownError (the write may or may not have happened: re-read and look for its nonce).
 */
export interface ActorStore<Context extends object> {
  /** The newest committed document; undefined when there is none. */
  load(key: string): Promise<ActorDocument<Context> | undefined>;
  /** Add a document that must not exist yet. Resolves when the document would survive a crash and a power failure. */
  create(key: string, document: ActorDocument<Context>): Promise<CreateResult>;
  /**
   * Replace a document if its stored version is `expectedVersion`.
   *
   * @param document its `tally.lastWrite` is a nonce that only this write has
   * @param options.durable resolve only when the write would survive a power failure (always so in replicated stores)
   * @returns false when the document has another version or does not exist
   */
  save(key: string, document: ActorDocument<Context>, expectedVersion: number, options?: { durable?: boolean }): Promise<boolean>;
  /** Remove a document if it has exactly this version. @returns false when it has another version or does not exist */
  remove(key: string, expectedVersion: number): Promise<boolean>;
  /**
   * Keys whose `tally.dueAt` is at or before `now`, nearest first.
   *
   * @param limit at most this many, 1 to 10 000
   */
  due(now: number, limit: number): Promise<string[]>;
  /** Keys of the documents with pending effects, unordered. A process that is alone on its store takes them over at start. */
  owing(limit: number, after?: string): Promise<string[]>;
}
