import type { ActorDocument, KernelFields } from '../../machines/kernel/document.js';
import type { Environment, Table } from './environment.js';
import { replaceRows, type Row, type RowTable } from './rows.js';

export interface DocumentIndexOptions<Context extends object> {
  environment: Environment;
  /** Name of the documents' table; the rows and heads live in `{name}.rows` and `{name}.heads`. */
  name: string;
  documents: Table<ActorDocument<Context>>;
  /** Fields beside the key that are unique over all documents. A conflict names the first that is taken. */
  uniqueKeys: (document: ActorDocument<Context>) => Record<string, string>;
  /** Rows beside the unique ones and the kernel's own. */
  rowsOf: (key: string, document: ActorDocument<Context>) => Row[];
}

/** What a save must know of the version before it, without decoding the whole document. */
export interface Head {
  version: number;
  rows: Row[];
}

/** What the migration of the rows needs. The methods are called inside a transaction. */
export interface RemakableIndex {
  name: string;
  hasDocuments(): boolean;
  /** Remove every row. Until all are made again, no document may be saved. */
  clear(): void;
  /**
   * Make the rows of the next documents, by key.
   *
   * @param after the last key done
   * @param limit documents at most, 1 or more
   * @returns the keys of these documents; fewer than `limit` at the end
   */
  remake(after: string | undefined, limit: number): string[];
}

/** First part of a row's key; the parts after it are named beside it. */
const UNIQUE = 'unique'; // field, value
export const DUE = 'due'; // dueAt, key
export const OWING = 'owing'; // key
const CHANGED = 'changed'; // changedAt, key

/** By what documents are found. All of it follows from the documents. The methods are called inside a transaction. */
export function createDocumentIndex<Context extends object>(options: DocumentIndexOptions<Context>) {
  const { environment, name, documents, uniqueKeys, rowsOf } = options;
  const heads = environment.table<Head>(`${name}.heads`);
  const rows: RowTable = environment.table(`${name}.rows`);

  return {
    rows,
    headOf: (key: string) => heads.get(key),
    put,
    remove(key: string, head: Head): void {
      replaceRows(rows, head.rows, []);
      void heads.remove(key);
    },
    /** Which unique key another document has, and which one. */
    conflictOf(key: string, document: ActorDocument<Context>): { conflict: string; holder: string } | undefined {
      for (const [conflict, value] of Object.entries(uniqueKeys(document))) {
        const holder = holderOf(conflict, value);
        if (holder !== undefined && holder !== key) return { conflict, holder };
      }
      return undefined;
    },
    holderOf,
    remakable: {
      name,
      hasDocuments: () => [...documents.getKeys({ limit: 1 })].length > 0,
      clear() {
        void rows.clearAsync();
        void heads.clearAsync();
      },
      remake(after, limit) {
        const range = documents.getRange({ ...(after !== undefined && { start: after }), limit: limit + 1 });
        const found = [...range].filter(({ key }) => key !== after).slice(0, limit);
        for (const { key, value } of found) put(key, value);
        return found.map(({ key }) => key);
      },
    } satisfies RemakableIndex,
  };

  /** Make the rows of a document. @param before of the version that it replaces */
  function put(key: string, document: ActorDocument<Context>, before?: Head): void {
    const head = { version: document.tally.version, rows: allRowsOf(key, document) };
    replaceRows(rows, before?.rows ?? [], head.rows);
    void heads.put(key, head);
  }

  /** The key of the document that has a unique key. */
  function holderOf(field: string, value: string): string | undefined {
    return rows.get([UNIQUE, field, value]);
  }

  /** Other rows than before need a new `ROWS_VERSION` (`index-rows.ts`). */
  function allRowsOf(key: string, document: ActorDocument<Context>): Row[] {
    const tally: KernelFields & { changedAt?: number } = document.tally;
    const { dueAt, effects, changedAt } = tally;
    return [
      ...Object.entries(uniqueKeys(document)).map(([field, value]) => ({ key: [UNIQUE, field, value], value: key })),
      ...(dueAt === null ? [] : [{ key: [DUE, dueAt, key], value: key }]),
      ...(effects.length === 0 ? [] : [{ key: [OWING, key], value: key }]),
      ...(changedAt === undefined ? [] : [{ key: [CHANGED, changedAt, key], value: key }]),
      ...rowsOf(key, document),
    ];
  }
}
