import type { Environment, KeyPart, Table } from './environment.js';

/** An index row: what a document is found by. Kept in step with its document inside the same transaction. */
export interface Row {
  key: KeyPart[];
  /** What the row says; for a unique row, the key of the document that holds it. */
  value: string;
}

export type RowTable = Table<string, KeyPart[]>;

/** Rows an iteration reads in one go. */
export const BATCH = 100;
/** Sorts after every key part that is stored below a prefix. */
const END = '\uffff';

export interface RowRange {
  limit: number;
  /** The key of a row already seen, whether or not it still exists. */
  after?: KeyPart[] | undefined;
}

/** Rows below a prefix, in key order. @param range.upTo the last row, or a prefix of the last rows, to be read */
export function rowsBelow(table: RowTable, prefix: KeyPart[], range: RowRange & { upTo?: KeyPart[] }): Row[] {
  const { limit, after, upTo = prefix } = range;
  const found = table.getRange({ start: after ?? prefix, end: [...upTo, END], limit: limit + 1 });
  return [...found].filter(({ key }) => !isSameKey(key, after)).slice(0, limit);
}

/** As `rowsBelow`, from the last row to the first. */
export function rowsBelowReversed(table: RowTable, prefix: KeyPart[], { limit, after }: RowRange): Row[] {
  const found = table.getRange({ start: after ?? [...prefix, END], end: prefix, reverse: true, limit: limit + 1 });
  return [...found].filter(({ key }) => !isSameKey(key, after)).slice(0, limit);
}

/**
 * The values of the rows below a prefix, up to `upTo`, in batches. Each batch is read when it is asked for, so rows may come and go
 * meanwhile.
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

/** Put the rows that are new or changed and remove those that are gone. Inside a transaction. */
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
