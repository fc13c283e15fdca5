import type { ActorDocument, KernelFields } from '../../machines/kernel/document.js';
import type { Environment, Table } from './environment.js';
import { replaceRows, type Row, type RowTable } from './rows.js';

export interface DocumentIndexOptions<Context extends object> {
  environment: Environment;
  /** Name of the documents' table; the rows and heads are in the tables `{name}.rows` and `{name}.heads`. */
  name: string;
  documents: Table<ActorDocument<Context>>;
  /** Further unique fields and their values. A conflict names the first field whose value is taken. */
  uniqueKeys: (document: ActorDocument<Context>) => Record<string, string>;
  /** Index rows besides those for unique fields and those for the kernel's fields. */
  rowsOf: (key: string, document: ActorDocument<Context>) => Row[];
}

/** Version and rows of the stored document, which a save reads instead of decoding the whole document. */
export interface Head {
  version: number;
  rows: Row[];
}

/** The operations by which a migration rebuilds the rows. The methods must be called inside a transaction. */
export interface RemakableIndex {
  name: string;
  hasDocuments(): boolean;
  /** Remove every row. No document may be saved until `remake` has rebuilt all rows. */
  clear(): void;
  /**
   * Rebuild the rows of the next documents, in the order of their keys.
   *
   * @param after the last document key of the batch before; undefined for the first batch
   * @param limit maximum number of documents, at least 1
   * @returns the keys of these documents; fewer than `limit` if no further documents exist
   */
  remake(after: string | undefined, limit: number): string[];
}

/** The kinds of index rows; each is the first part of its rows' keys. */
const UNIQUE = 'unique'; // row key: [UNIQUE, field, value]
export const DUE = 'due'; // row key: [DUE, dueAt, document key]
export const OWING = 'owing'; // row key: [OWING, document key]
const CHANGED = 'changed'; // row key: [CHANGED, changedAt, document key]

/** The index of one table of documents, which can be rebuilt from them. The methods must be called inside a transaction. */
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
    /** The first unique field whose value another document has, and that document's key. */
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

  /** Write the rows and the head of a document. @param before the head of the version that is replaced */
  function put(key: string, document: ActorDocument<Context>, before?: Head): void {
    const head = { version: document.tally.version, rows: allRowsOf(key, document) };
    replaceRows(rows, before?.rows ?? [], head.rows);
    void heads.put(key, head);
  }

  /** The key of the document whose unique field `field` has this value. */
  function holderOf(field: string, value: string): string | undefined {
    return rows.get([UNIQUE, field, value]);
  }

  /** A change to these rows needs a new `ROWS_VERSION` (`index-rows.ts`). */
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
