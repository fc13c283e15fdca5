import type { ActorDocument } from './document.js';

export type CreateResult =
  | { created: true }
  /** Another document holds a unique key; which one, and whose it is. */
  | { created: false; conflict: string; holder: string };

/**
 * Where one kind of actor's documents live. A failed compare-and-set and a taken unique key are answers, not errors.
 *
 * Every method may throw StoreUnavailableError (retryable, nothing changed); the writing ones also
 * WriteOutcomeUnknownError (the write may or may not have happened: re-read and look for its nonce).
 */
export interface ActorStore<Context extends object> {
  /** The newest committed document; undefined when there is none. */
  load(key: string): Promise<ActorDocument<Context> | undefined>;
  /** Add a document that must not exist yet. Resolves when it would survive the loss of the process and of power. */
  create(key: string, document: ActorDocument<Context>): Promise<CreateResult>;
  /**
   * Replace a document if it still has the version before this one.
   *
   * @param document its `tally.lastWrite` is of this write and of no other
   * @param options.durable resolve only when the write would survive the loss of power (always so in replicated stores)
   * @returns false when another writer was first, or the document is gone
   */
  save(key: string, document: ActorDocument<Context>, expectedVersion: number, options?: { durable?: boolean }): Promise<boolean>;
  /** Remove a document of exactly this version; false when it changed or is gone. */
  remove(key: string, expectedVersion: number): Promise<boolean>;
  /**
   * Keys whose `tally.dueAt` is at or before `now`, nearest first.
   *
   * @param limit at most this many, 1 to 10 000
   */
  due(now: number, limit: number): Promise<string[]>;
  /** Keys of the documents that owe an effect, in no order: what a single process takes over when it starts. */
  owing(limit: number, after?: string): Promise<string[]>;
}
