import { setImmediate as turn } from 'node:timers/promises';

import type { Page, PageCursor } from '../../machines/ports/pages.js';
import { foldName } from '../folded-name.js';
import type { Environment, KeyPart } from './environment.js';
import { ABSENT } from './environment.js';
import type { Row, RowTable } from './rows.js';
import { rowsBelowReversed } from './rows.js';

/** Number of rows of a name search that are read without a pause for the event loop. */
const BATCH = 1_000;
/** Maximum number of rows read for one page; a name search for a rare name then needs several pages. */
export const SCAN_LIMIT = 100_000;

export interface NewestFirstQuery<Document> {
  environment: Environment;
  rows: RowTable;
  /** The rows below have keys `[...prefix, sort value or ABSENT, document key]`; their values are folded room names. */
  prefix: KeyPart[];
  /** Only documents whose room name contains this text, in any form: see `foldName`. */
  roomName: string | undefined;
  documentsOf: (keys: string[]) => Document[];
  limit: number;
  after: PageCursor | undefined;
  /** Maximum number of rows read for the page. */
  scanLimit: number;
}

/**
 * Read one page: the largest sort value first, documents without one last. The cost depends on the page, not on the list. A name
 * search stops when the page is full or `scanLimit` is reached; a short page then has `next`.
 */
export async function newestFirst<Document>(query: NewestFirstQuery<Document>): Promise<Page<Document>> {
  const { limit, scanLimit } = query;
  const needle = foldName(query.roomName ?? '');
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

/** Reads the next `size` rows and the documents of the matching ones from one committed state. */
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
