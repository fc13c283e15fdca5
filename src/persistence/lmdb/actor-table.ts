import type { ActorStore, CreateResult } from '../../machines/kernel/actor-store.js';
import type { ActorDocument } from '../../machines/kernel/document.js';
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

/** An actor store, and what the queries of one kind of actor are built from. */
export interface ActorTable<Context extends object> extends ActorStore<Context> {
  rows: RowTable;
  /** The documents of these keys, in order; those gone are left out. Inside `environment.read`. */
  documentsOf(keys: string[]): ActorDocument<Context>[];
  /** The document that holds a unique key. Inside `environment.read`. */
  holderOf(field: string, value: string): ActorDocument<Context> | undefined;
}

/** What a save must know of the version before it, without decoding the whole document. */
interface Head {
  version: number;
  rows: Row[];
}

/** LMDB stores no longer key; asked for one, it fails instead of having nothing. */
const KEY_MAX_BYTES = 1_978;

const UNIQUE = 'unique';
const DUE = 'due';
const OWING = 'owing';

export function createActorTable<Context extends object>(options: ActorTableOptions<Context>): ActorTable<Context> {
  const { environment, name, keyName } = options;
  const documents = environment.table<ActorDocument<Context>>(name);
  const heads = environment.table<Head>(`${name}.heads`);
  const rows: RowTable = environment.table(`${name}.rows`);

  return {
    rows,
    documentsOf: (keys) => keys.flatMap((key) => documents.get(key) ?? []),
    holderOf(field, value) {
      const key = canBeKey(value) ? rows.get([UNIQUE, field, value]) : undefined;
      return key === undefined ? undefined : documents.get(key);
    },
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

  function put(key: string, document: ActorDocument<Context>, before: Row[]): void {
    const head = { version: document.tally.version, rows: allRowsOf(key, document) };
    replaceRows(rows, before, head.rows);
    void documents.put(key, document);
    void heads.put(key, head);
  }

  function conflictOf(key: string, document: ActorDocument<Context>): { conflict: string; holder: string } | undefined {
    for (const [conflict, value] of Object.entries(options.uniqueKeys(document))) {
      const holder = rows.get([UNIQUE, conflict, value]);
      if (holder !== undefined && holder !== key) return { conflict, holder };
    }
    return undefined;
  }

  function allRowsOf(key: string, document: ActorDocument<Context>): Row[] {
    const { dueAt, effects } = document.tally;
    return [
      ...Object.entries(options.uniqueKeys(document)).map(([field, value]) => ({ key: [UNIQUE, field, value], value: key })),
      ...(dueAt === null ? [] : [{ key: [DUE, dueAt, key], value: key }]),
      ...(effects.length === 0 ? [] : [{ key: [OWING, key], value: key }]),
      ...options.rowsOf(key, document),
    ];
  }
}

function canBeKey(text: string): boolean {
  return Buffer.byteLength(text) <= KEY_MAX_BYTES;
}
