import { StoreUnavailableError, WriteOutcomeUnknownError } from '../../../src/errors.js';
import type { ActorStore, CreateResult } from '../../../src/machines/kernel/actor-store.js';
import type { ActorDocument } from '../../../src/machines/kernel/document.js';
import type { Page, PageCursor } from '../../../src/machines/ports/pages.js';
import type { Gate, GateErrors } from '../gate.js';
import { throughGate } from '../gate.js';

/** The documents of one kind of actor. Stores that share a map act like instances that share a database. */
export type MemoryDocuments<Context extends object> = Map<string, ActorDocument<Context>>;

export const storeErrors: GateErrors = {
  unavailable: (message) => new StoreUnavailableError(message),
  unknown: (message) => new WriteOutcomeUnknownError(message),
};

/** A read has no effect, so a lost answer is the same as an outage. */
export const readErrors: GateErrors = { unavailable: storeErrors.unavailable, unknown: storeErrors.unavailable };

export interface MemoryActorStoreOptions<Context extends object> {
  /** The first part of the gate's labels, such as `recordings`. */
  name: string;
  gate: Gate;
  documents: MemoryDocuments<Context>;
  /** The name of the key field, for conflicts. */
  keyName: string;
  /** Returns the further fields that are unique over all documents. */
  uniqueKeys: (document: ActorDocument<Context>) => Record<string, string>;
}

export function createMemoryActorStore<Context extends object>(options: MemoryActorStoreOptions<Context>): ActorStore<Context> {
  const { name, gate, documents, keyName, uniqueKeys } = options;

  return {
    load: (key) => throughGate(gate, `${name}.load`, readErrors, () => copyOf(documents.get(key))),
    create: (key, document) =>
      throughGate(gate, `${name}.create`, storeErrors, (): CreateResult => {
        if (documents.has(key)) return { created: false, conflict: keyName, holder: key };
        const taken = conflictOf(key, document);
        if (taken !== undefined) return { created: false, ...taken };
        documents.set(key, structuredClone(document));
        return { created: true };
      }),
    save: (key, document, expectedVersion) =>
      throughGate(gate, `${name}.save`, storeErrors, () => {
        if (documents.get(key)?.tally.version !== expectedVersion || conflictOf(key, document) !== undefined) return false;
        documents.set(key, structuredClone(document));
        return true;
      }),
    remove: (key, expectedVersion) =>
      throughGate(
        gate,
        `${name}.remove`,
        storeErrors,
        () => documents.get(key)?.tally.version === expectedVersion && documents.delete(key),
      ),
    due: (now, limit) =>
      throughGate(gate, `${name}.due`, readErrors, () =>
        [...documents]
          .flatMap(([key, { tally }]) => (tally.dueAt !== null && tally.dueAt <= now ? [{ key, dueAt: tally.dueAt }] : []))
          .sort((one, other) => one.dueAt - other.dueAt)
          .slice(0, limit)
          .map(({ key }) => key),
      ),
    owing: (limit, after = '') =>
      throughGate(gate, `${name}.owing`, readErrors, () =>
        [...documents]
          .flatMap(([key, { tally }]) => (tally.effects.length > 0 && key > after ? [key] : []))
          .sort()
          .slice(0, limit),
      ),
  };

  function conflictOf(key: string, document: ActorDocument<Context>): { conflict: string; holder: string } | undefined {
    for (const [conflict, value] of Object.entries(uniqueKeys(document))) {
      for (const [holder, other] of documents) {
        if (holder !== key && uniqueKeys(other)[conflict] === value) return { conflict, holder };
      }
    }
    return undefined;
  }
}

export function copyOf<Value>(value: Value | undefined): Value | undefined {
  return value === undefined ? undefined : structuredClone(value);
}

/** A page of documents, the largest sort value first, documents without one last, equal ones by key. */
export function memoryPage<Document extends object>(
  documents: Iterable<[string, Document]>,
  valueOf: (document: Document) => number | null,
  limit: number,
  after?: PageCursor,
): Page<Document> {
  const rows = [...documents]
    .map(([id, document]) => ({ document, cursor: { value: valueOf(document), id } }))
    .filter(({ cursor }) => after === undefined || compareCursors(after, cursor) < 0)
    .sort((one, other) => compareCursors(one.cursor, other.cursor));
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const items = shown.map(({ document }) => structuredClone(document));
  return last === undefined || rows.length <= limit ? { items } : { items, next: last.cursor };
}

function compareCursors(one: PageCursor, other: PageCursor): number {
  const byValue = (other.value ?? -Infinity) - (one.value ?? -Infinity);
  if (byValue !== 0 && !Number.isNaN(byValue)) return byValue;
  if (one.id === other.id) return 0;
  return one.id < other.id ? 1 : -1;
}
