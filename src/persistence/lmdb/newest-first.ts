import { setImmediate as turn } from 'node:timers/promises';

import type { Page, PageCursor } from '../../machines/ports/pages.js';
import type { Environment, KeyPart } from './environment.js';
import { ABSENT } from './environment.js';
import type { Row, RowTable } from './rows.js';
import { rowsBelowReversed } from './rows.js';

/** Rows read in one go before the event loop gets its turn. */
const BATCH = 1_000;
/** Rows read for one page at most; a rare name is then found over several pages. */
export const SCAN_LIMIT = 100_000;

export interface NewestFirstQuery<Document> {
  environment: Environment;
  rows: RowTable;
  /** Rows below it have keys `[...prefix, sort value or ABSENT, document key]`; their value is the room's name in lower case. */
  prefix: KeyPart[];
  /** Case-insensitive substring of the room's name. */
  roomName: string | undefined;
  documentsOf: (keys: string[]) => Document[];
  limit: number;
  after: PageCursor | undefined;
  /** Rows read for the page at most. */
  scanLimit: number;
}

/**
 * One page: the largest sort value first, documents without one last. It costs the page, not the list; with a name it reads
 * on until the page is full or `scanLimit` is reached, and then ends early with a `next`.
 */
export async function newestFirst<Document>(query: NewestFirstQuery<Document>): Promise<Page<Document>> {
  const { limit, scanLimit } = query;
  const needle = query.roomName?.toLowerCase() ?? '';
  const found: { cursor: PageCursor; document: Document }[] = [];
  let after = query.after;
  let scanned = 0;

  for (;;) {
    const size = Math.min(needle === '' ? limit + 1 : BATCH, scanLimit - scanned);
    const batch = readBatch(query, needle, size, after);
    found.push(...batch.matching);
    scanned += batch.size;
    after = batch.last ?? after;

    const shown = found.slice(0, limit);
    const items = shown.map(({ document }) => document);
    const next = shown.at(-1)?.cursor;
    if (found.length > limit && next !== undefined) return { items, next };
    if (batch.size < size) return { items };
    if (scanned >= scanLimit && after !== undefined) return { items, next: after };
    await turn();
  }
}

/** Rows and their documents, as one committed state shows them. */
function readBatch<Document>(query: NewestFirstQuery<Document>, needle: string, size: number, after: PageCursor | undefined) {
  const { environment, rows, prefix, limit, documentsOf } = query;
  return environment.read(() => {
    const batch = rowsBelowReversed(rows, prefix, { limit: size, after: after && [...prefix, after.value ?? ABSENT, after.id] });
    const cursors = batch
      .filter(({ value }) => value.includes(needle))
      .slice(0, limit + 1)
      .map(cursorOf);
    const documents = documentsOf(cursors.map(({ id }) => id));
    const matching = documents.flatMap((document, index) => {
      const cursor = cursors[index];
      return cursor === undefined ? [] : [{ cursor, document }];
    });
    const last = batch.at(-1);
    return { matching, size: batch.length, last: last && cursorOf(last) };
  });
}

function cursorOf({ key }: Row): PageCursor {
  const [value, id] = key.slice(-2);
  return { value: typeof value === 'number' ? value : null, id: String(id) };
}
