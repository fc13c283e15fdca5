import type { ActorStore, CreateResult } from '../../machines/kernel/actor-store.js';
import type { ActorDocument } from '../../machines/kernel/document.js';
import { createDocumentIndex, type DocumentIndexOptions, DUE, OWING, type RemakableIndex } from './document-index.js';
import { type RowTable, rowsBelow } from './rows.js';

export interface ActorTableOptions<Context extends object> extends Omit<DocumentIndexOptions<Context>, 'documents'> {
  /** Name of the field that contains the document's key; conflicts name it. */
  keyName: string;
}

/** The actor store of one kind of actor, the parts from which its queries are built, and the index that migrations rebuild. */
export interface ActorTable<Context extends object> {
  store: ActorStore<Context>;
  rows: RowTable;
  /** The documents with these keys, in order, without missing ones. Call it inside `environment.read`. */
  documentsOf(keys: string[]): ActorDocument<Context>[];
  /** The document whose unique field has this value. Call it inside `environment.read`. */
  holderOf(field: string, value: string): ActorDocument<Context> | undefined;
  index: RemakableIndex;
}

/** Longest key of LMDB, bytes. A lookup with a longer key fails instead of finding nothing. */
const KEY_MAX_BYTES = 1_978;

export function createActorTable<Context extends object>(options: ActorTableOptions<Context>): ActorTable<Context> {
  const { environment, name, keyName } = options;
  const documents = environment.table<ActorDocument<Context>>(name);
  const index = createDocumentIndex({ ...options, documents });
  const { rows } = index;

  const store: ActorStore<Context> = {
    async load(key) {
      return environment.read(() => (canBeKey(key) ? documents.get(key) : undefined));
    },
    create(key, document) {
      return environment.write(
        (): CreateResult => {
          if (index.headOf(key) !== undefined) return { created: false, conflict: keyName, holder: key };
          const taken = index.conflictOf(key, document);
          if (taken !== undefined) return { created: false, ...taken };
          index.put(key, document);
          void documents.put(key, document);
          return { created: true };
        },
        { durable: true },
      );
    },
    save(key, document, expectedVersion, { durable = false } = {}) {
      return environment.write(
        () => {
          const head = index.headOf(key);
          if (head?.version !== expectedVersion || index.conflictOf(key, document) !== undefined) return false;
          index.put(key, document, head);
          void documents.put(key, document);
          return true;
        },
        { durable },
      );
    },
    remove(key, expectedVersion) {
      return environment.write(() => {
        const head = index.headOf(key);
        if (head?.version !== expectedVersion) return false;
        index.remove(key, head);
        void documents.remove(key);
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
      const key = canBeKey(value) ? index.holderOf(field, value) : undefined;
      return key === undefined ? undefined : documents.get(key);
    },
    index: index.remakable,
  };
}

function canBeKey(text: string): boolean {
  return Buffer.byteLength(text) <= KEY_MAX_BYTES;
}
