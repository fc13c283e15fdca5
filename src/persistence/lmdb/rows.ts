import type { Environment, KeyPart, Table } from './environment.js';

/** An index row, by which queries find a document. It is written in the same transaction as the document. */
export interface Row {
  key: KeyPart[];
  /** The key of the row's document; in rows for lists, the room's name in lower case. */
  value: string;
}

export type RowTable = Table<string, KeyPart[]>;

/** Number of rows that an iteration reads in one transaction. */
export const BATCH = 100;
/** A key part that sorts after every stored key part. */
const END = '\uffff';

export interface RowRange {
  limit: number;
  /** The key of the last row already read; the row may have been removed since. */
  after?: KeyPart[] | undefined;
}

/** The rows below a prefix, in key order. @param range.upTo the last row to read, or a prefix of the last rows */
export function rowsBelow(table: RowTable, prefix: KeyPart[], range: RowRange & { upTo?: KeyPart[] }): Row[] {
  const { limit, after, upTo = prefix } = range;
  const found = table.getRange({ start: after ?? prefix, end: [...upTo, END], limit: limit + 1 });
  return [...found].filter(({ key }) => !isSameKey(key, after)).slice(0, limit);
}

/** The rows below a prefix, in reverse key order. */
export function rowsBelowReversed(table: RowTable, prefix: KeyPart[], { limit, after }: RowRange): Row[] {
  const found = table.getRange({ start: after ?? [...prefix, END], end: prefix, reverse: true, limit: limit + 1 });
  return [...found].filter(({ key }) => !isSameKey(key, after)).slice(0, limit);
}

/**
 * Yields the values of the rows below a prefix, up to `upTo`, in batches. Each batch is read when it is requested, so rows may be
 * added or removed meanwhile.
 */
export async function* batchesBelow(
  environment: Environment,
  table: RowTable,
  prefix: KeyPart[],
  upTo = prefix,
): AsyncGenerator<string[]> {
  let after: KeyPart[] | undefined;
  do {
    const batch = environment.read(() => rowsBelow(table, prefix, { limit: BATCH, after, upTo }));
    yield batch.map(({ value }) => value);
    after = batch.length < BATCH ? undefined : batch.at(-1)?.key;
  } while (after !== undefined);
}

/** Write a document's new and changed rows and remove its old ones. Call it inside a transaction. */
export function replaceRows(table: RowTable, before: readonly Row[], now: readonly Row[]): void {
  const stale = new Map(before.map((row) => [JSON.stringify(row.key), row]));
  for (const row of now) {
    const id = JSON.stringify(row.key);
    if (stale.get(id)?.value !== row.value) void table.put(row.key, row.value);
    stale.delete(id);
  }
  for (const row of stale.values()) void table.remove(row.key);
}

function isSameKey(key: KeyPart[], other: KeyPart[] | undefined): boolean {
  return other?.length === key.length && key.every((part, index) => part === other[index]);
}
