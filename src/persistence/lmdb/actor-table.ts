import type { ActorStore, CreateResult } from '../../machines/kernel/actor-store.js';
import type { ActorDocument, KernelFields } from '../../machines/kernel/document.js';
import type { Environment } from './environment.js';
import type { Row, RowTable } from './rows.js';
import { replaceRows, rowsBelow } from './rows.js';

export interface ActorTableOptions<Context extends object> {
  environment: Environment;
  /** Name of the table; its rows and heads live in `{name}.rows` and `{name}.heads`. */
  name: string;
  /** Name of the field that is the key, for conflicts. */
  keyName: string;
  /** Further fields that are unique over all documents. A conflict names the first that is taken. */
  uniqueKeys: (document: ActorDocument<Context>) => Record<string, string>;
  /** Rows beside the unique ones and the kernel's own. */
  rowsOf: (key: string, document: ActorDocument<Context>) => Row[];
}

/** An actor store, what the queries of one kind of actor are built from, and what the migrations need. */
export interface ActorTable<Context extends object> {
  store: ActorStore<Context>;
  rows: RowTable;
  /** The documents of these keys, in order; those gone are left out. Inside `environment.read`. */
  documentsOf(keys: string[]): ActorDocument<Context>[];
  /** The document that holds a unique key. Inside `environment.read`. */
  holderOf(field: string, value: string): ActorDocument<Context> | undefined;
  index: DocumentIndex;
}

/** All rows follow from the documents. The methods are called inside a transaction. */
export interface DocumentIndex {
  /** Of the table. */
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
  make(after: string | undefined, limit: number): string[];
}

/** What a save must know of the version before it, without decoding the whole document. */
interface Head {
  version: number;
  rows: Row[];
}

/** LMDB stores no longer key; asked for one, it fails instead of having nothing. */
const KEY_MAX_BYTES = 1_978;

/** First part of a row's key; the parts after it are named beside it. */
const UNIQUE = 'unique'; // field, value
const DUE = 'due'; // dueAt, key
const OWING = 'owing'; // key
const CHANGED = 'changed'; // changedAt, key

export function createActorTable<Context extends object>(options: ActorTableOptions<Context>): ActorTable<Context> {
  const { environment, name, keyName } = options;
  const documents = environment.table<ActorDocument<Context>>(name);
  const heads = environment.table<Head>(`${name}.heads`);
  const rows: RowTable = environment.table(`${name}.rows`);

  const store: ActorStore<Context> = {
    async load(key) {
      return environment.read(() => (canBeKey(key) ? documents.get(key) : undefined));
    },
    create(key, document) {
      return environment.write(
        (): CreateResult => {
          if (heads.doesExist(key)) return { created: false, conflict: keyName, holder: key };
          const taken = conflictOf(key, document);
          if (taken !== undefined) return { created: false, ...taken };
          put(key, document, []);
          return { created: true };
        },
        { durable: true },
      );
    },
    save(key, document, expectedVersion, { durable = false } = {}) {
      return environment.write(
        () => {
          const head = heads.get(key);
          if (head?.version !== expectedVersion || conflictOf(key, document) !== undefined) return false;
          put(key, document, head.rows);
          return true;
        },
        { durable },
      );
    },
    remove(key, expectedVersion) {
      return environment.write(() => {
        const head = heads.get(key);
        if (head?.version !== expectedVersion) return false;
        replaceRows(rows, head.rows, []);
        void documents.remove(key);
        void heads.remove(key);
        return true;
      });
    },
    async due(now, limit) {
      return environment.read(() => rowsBelow(rows, [DUE], { limit, upTo: [DUE, now] })).map(({ value }) => value);
    },
    async owing(limit, after) {
      const found = environment.read(() =>
        rowsBelow(rows, [OWING], { limit, after: after === undefined ? undefined : [OWING, after] }),
      );
      return found.map(({ value }) => value);
    },
  };

  return {
    store,
    rows,
    documentsOf: (keys) => keys.flatMap((key) => documents.get(key) ?? []),
    holderOf(field, value) {
      const key = canBeKey(value) ? rows.get([UNIQUE, field, value]) : undefined;
      return key === undefined ? undefined : documents.get(key);
    },
    index: {
      name,
      hasDocuments: () => [...documents.getKeys({ limit: 1 })].length > 0,
      clear() {
        void rows.clearAsync();
        void heads.clearAsync();
      },
      make(after, limit) {
        const range = documents.getRange({ ...(after !== undefined && { start: after }), limit: limit + 1 });
        const found = [...range].filter(({ key }) => key !== after).slice(0, limit);
        for (const { key, value } of found) putRows(key, value, []);
        return found.map(({ key }) => key);
      },
    },
  };

  function put(key: string, document: ActorDocument<Context>, before: Row[]): void {
    putRows(key, document, before);
    void documents.put(key, document);
  }

  function putRows(key: string, document: ActorDocument<Context>, before: Row[]): void {
    const head = { version: document.tally.version, rows: allRowsOf(key, document) };
    replaceRows(rows, before, head.rows);
    void heads.put(key, head);
  }

  function conflictOf(key: string, document: ActorDocument<Context>): { conflict: string; holder: string } | undefined {
    for (const [conflict, value] of Object.entries(options.uniqueKeys(document))) {
      const holder = rows.get([UNIQUE, conflict, value]);
      if (holder !== undefined && holder !== key) return { conflict, holder };
    }
    return undefined;
  }

  /** Other rows than before need a new `ROWS_VERSION` (`index-rows.ts`). */
  function allRowsOf(key: string, document: ActorDocument<Context>): Row[] {
    const tally: KernelFields & { changedAt?: number } = document.tally;
    const { dueAt, effects, changedAt } = tally;
    return [
      ...Object.entries(options.uniqueKeys(document)).map(([field, value]) => ({ key: [UNIQUE, field, value], value: key })),
      ...(dueAt === null ? [] : [{ key: [DUE, dueAt, key], value: key }]),
      ...(effects.length === 0 ? [] : [{ key: [OWING, key], value: key }]),
      ...(changedAt === undefined ? [] : [{ key: [CHANGED, changedAt, key], value: key }]),
      ...options.rowsOf(key, document),
    ];
  }
}

function canBeKey(text: string): boolean {
  return Buffer.byteLength(text) <= KEY_MAX_BYTES;
}
