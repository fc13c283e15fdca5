import { mongo } from 'mongoose';

import type { Page, PageCursor } from '../../machines/ports/pages.js';
import { foldName } from '../folded-name.js';
import type { Stored, StoredCollection } from './connect.js';
import { reading } from './driver-errors.js';
import { IS_TAKEN_IN } from './mapper.js';

/** Maximum number of index keys read for one page of a name search; a rare name is then spread over several pages. */
export const SCAN_LIMIT = 100_000;
/** Maximum length of the text of a name search, characters. No name is longer, and MongoDB refuses very long patterns. */
const NEEDLE_MAX = 1_000;
/** A name search reads this many index keys first, then ten times as many, and so on. */
const FIRST_STRETCH = 1_000;

type Filter = Record<string, unknown>;

export interface NewestFirstQuery<Document> {
  collection: StoredCollection;
  /** Conditions of equality on the fields before the sort field in `index`. */
  filter: Filter;
  /** The index to use: `{ …, [sortField]: -1, _id: -1 }`. */
  index: Record<string, 1 | -1>;
  sortField: string;
  /** Only documents whose room name contains this text, in any form: see `foldName`. */
  roomName: string | undefined;
  toDocument: (stored: Stored) => Document;
  /** Fields to read, `sortField` among them. Default: all. */
  projection?: Record<string, 1>;
  limit: number;
  after: PageCursor | undefined;
  scanLimit: number;
}

/**
 * Read one page: the largest sort value first, documents without one last, ties by `_id`. The cost depends on the page, not on
 * the list. A name search stops when the page is full or `scanLimit` is reached; a short page then has `next`.
 */
export async function newestFirst<Document>(query: NewestFirstQuery<Document>): Promise<Page<Document>> {
  const { roomName = '' } = query;
  if (roomName.length > NEEDLE_MAX) return { items: [] };
  return reading(async () => {
    if (roomName !== '') return searchedPage(query);
    return pageOf(query, await matchingIn(query, query.after, undefined, query.limit + 1));
  });
}

async function searchedPage<Document>(query: NewestFirstQuery<Document>): Promise<Page<Document>> {
  const { limit, scanLimit } = query;
  const found: Stored[] = [];
  let after = query.after;
  for (let scanned = 0, stretch = FIRST_STRETCH; scanned < scanLimit; stretch *= 10) {
    const size = Math.min(stretch, scanLimit - scanned);
    const end = await positionAfter(query, after, size);
    found.push(...(await matchingIn(query, after, end, limit + 1 - found.length)));
    if (found.length > limit || end === undefined) return pageOf(query, found);
    scanned += size;
    after = end;
  }
  const items = found.map(query.toDocument);
  return after === undefined ? { items } : { items, next: after };
}

/** The matching documents after the position `after` (exclusive), up to the position `upTo` (inclusive). */
async function matchingIn<Document>(
  query: NewestFirstQuery<Document>,
  after: PageCursor | undefined,
  upTo: PageCursor | undefined,
  limit: number,
): Promise<Stored[]> {
  const { collection, index, roomName, projection = {} } = query;
  const name = roomName === undefined ? {} : hasName(roomName);
  const filter = { $and: [query.filter, IS_TAKEN_IN, name, ...behind(query, after), ...notBehind(query, upTo)] };
  return collection.find(filter, { projection }).sort(sortOf(query)).limit(limit).hint(index).toArray();
}

/** An instance of Tally's release 0.1 that still runs stores no folded name. */
function hasName(part: string): Filter {
  const unfolded = { 'tally.name': null, roomName: { $regex: literal(part), $options: 'i' } };
  return { $or: [{ 'tally.name': { $regex: literal(foldName(part)) } }, unfolded] };
}

/** The position of the last of the next `count` index keys; undefined if fewer are left. */
async function positionAfter<Document>(
  query: NewestFirstQuery<Document>,
  after: PageCursor | undefined,
  count: number,
): Promise<PageCursor | undefined> {
  const { collection, index, sortField } = query;
  const [last] = await collection
    .find({ $and: [query.filter, ...behind(query, after)] }, { projection: { _id: 1, [sortField]: 1 } })
    .sort(sortOf(query))
    .skip(count - 1)
    .limit(1)
    .hint(index)
    .toArray();
  return last && cursorOf(query, last);
}

function pageOf<Document>(query: NewestFirstQuery<Document>, found: Stored[]): Page<Document> {
  const shown = found.slice(0, query.limit);
  const items = shown.map(query.toDocument);
  const last = shown.at(-1);
  return last === undefined || found.length <= query.limit ? { items } : { items, next: cursorOf(query, last) };
}

function sortOf({ sortField }: Pick<NewestFirstQuery<unknown>, 'sortField'>): Record<string, -1> {
  return { [sortField]: -1, _id: -1 };
}

function cursorOf({ sortField }: Pick<NewestFirstQuery<unknown>, 'sortField'>, stored: Stored): PageCursor {
  const value = stored[sortField];
  return { value: typeof value === 'number' ? value : null, id: String(stored._id) };
}

/**
 * The conditions for documents after a position. MongoDB serves them by one index range: `$nor` removes the ties and never
 * becomes a range, and `$not` keeps documents without a value, which a plain `$lte` would exclude.
 */
function behind({ sortField }: Pick<NewestFirstQuery<unknown>, 'sortField'>, cursor: PageCursor | undefined): Filter[] {
  if (cursor === undefined) return [];
  const id = idOf(cursor);
  if (cursor.value === null) return [{ [sortField]: null, _id: { $lt: id } }];
  const tied = { [sortField]: cursor.value, _id: { $gte: id } };
  return [{ [sortField]: { $not: { $gt: cursor.value } } }, { $nor: [tied] }];
}

function notBehind({ sortField }: Pick<NewestFirstQuery<unknown>, 'sortField'>, cursor: PageCursor | undefined): Filter[] {
  if (cursor === undefined) return [];
  const tied = { $nor: [{ [sortField]: cursor.value, _id: { $lt: idOf(cursor) } }] };
  return cursor.value === null ? [tied] : [{ [sortField]: { $gte: cursor.value } }, tied];
}

/** A cursor comes from a client; an id that is not an ObjectId is compared as a string. */
function idOf({ id }: PageCursor): unknown {
  return /^[0-9a-f]{24}$/i.test(id) ? new mongo.ObjectId(id) : id;
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&').replaceAll('\0', '\\x00');
}
