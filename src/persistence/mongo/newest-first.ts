import { mongo } from 'mongoose';

import type { Page, PageCursor } from '../../machines/ports/pages.js';
import type { Stored, StoredCollection } from './connect.js';
import { reading } from './driver-errors.js';
import { IS_TAKEN_IN } from './mapper.js';

/** Index keys read for one page of a name search at most; a rare name is then found over several pages. */
export const SCAN_LIMIT = 100_000;
/** Of a text that is looked for in names, in characters: none is that long, and a pattern that long is none to MongoDB. */
const NEEDLE_MAX = 1_000;
/** A name search looks at this many keys first, then at ten times as many. */
const FIRST_STRETCH = 1_000;

type Filter = Record<string, unknown>;

export interface NewestFirstQuery<Document> {
  collection: StoredCollection;
  /** Equalities on the fields before the sort field in `index`. */
  filter: Filter;
  /** `{ …, [sortField]: -1, _id: -1 }` */
  index: Record<string, 1 | -1>;
  sortField: string;
  /** Case-insensitive substring of the room's name. */
  roomName: string | undefined;
  toDocument: (stored: Stored) => Document;
  /** Fields to read; all unless told. `sortField` is among them. */
  projection?: Record<string, 1>;
  limit: number;
  after: PageCursor | undefined;
  scanLimit: number;
}

/**
 * One page: the largest sort value first, documents without one last, ties by `_id`. It costs the page, not the list; with a
 * name it reads on until the page is full or `scanLimit` is reached, and then ends early with a `next`.
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

/** Documents strictly after one position up to another, that included. */
async function matchingIn<Document>(
  query: NewestFirstQuery<Document>,
  after: PageCursor | undefined,
  upTo: PageCursor | undefined,
  limit: number,
): Promise<Stored[]> {
  const { collection, index, roomName, projection = {} } = query;
  const name = roomName === undefined ? {} : { roomName: { $regex: literal(roomName), $options: 'i' } };
  const filter = { $and: [query.filter, IS_TAKEN_IN, name, ...behind(query, after), ...notBehind(query, upTo)] };
  return collection.find(filter, { projection }).sort(sortOf(query)).limit(limit).hint(index).toArray();
}

/** The position of the last of the next `count` keys; undefined when there are not so many. */
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
 * What comes after a position. One range of the index: ties are cut off by `$nor`, which never becomes a range of its own, and
 * `$not` keeps the documents without a value, which a plain `$lte` would leave out.
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

/** A cursor comes from a client; what is no id of ours is compared as the string it is. */
function idOf({ id }: PageCursor): unknown {
  return /^[0-9a-f]{24}$/i.test(id) ? new mongo.ObjectId(id) : id;
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&').replaceAll('\0', '\\x00');
}
