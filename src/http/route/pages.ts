import { z } from 'zod';

import type { Page, PageCursor } from '../../machines/ports/pages.js';
import { fieldsSchema } from './fields.js';

const DEFAULT_PAGE = 10;
const LARGEST_PAGE = 100;

/** The longest id in a cursor; the ids of all stores are shorter. */
const CURSOR_ID_MAX = 256;

const cursorSchema = z.object({ fieldValue: z.number().nullable(), id: z.string().min(1).max(CURSOR_ID_MAX) });

/** A number from 1 to 100, rounded down; a larger one counts as 100. Any text that JavaScript reads as a number is accepted. */
const maxItemsSchema = z
  .preprocess(
    (value) => Math.max(Math.min(Number(value), LARGEST_PAGE), 0),
    z
      .number()
      .min(1, 'maxItems must be a positive number')
      .transform((count) => Math.floor(count)),
  )
  .default(DEFAULT_PAGE);

const pageTokenSchema = z.string().transform((token, ctx): PageCursor | undefined => {
  const cursor = token === '' ? undefined : decodePageToken(token);
  if (token !== '' && cursor === undefined) ctx.addIssue({ code: 'custom', message: 'nextPageToken is not valid' });
  return cursor;
});

/** The parameters that all lists have. */
export const listQuery = { maxItems: maxItemsSchema, nextPageToken: pageTokenSchema.optional(), fields: fieldsSchema };

/** A part of a name. A blank text matches all names. */
export const nameFilterSchema = z.string().transform((text) => (text.trim() === '' ? undefined : text));

export const paginationSchema = z.strictObject({
  isTruncated: z.boolean(),
  nextPageToken: z.string().exactOptional(),
  maxItems: z.number(),
});

export function presentPagination({ next }: Pick<Page<unknown>, 'next'>, maxItems: number): z.output<typeof paginationSchema> {
  return next === undefined
    ? { isTruncated: false, maxItems }
    : { isTruncated: true, nextPageToken: encodePageToken(next), maxItems };
}

export function encodePageToken({ value, id }: PageCursor): string {
  return Buffer.from(JSON.stringify({ fieldValue: value, id })).toString('base64');
}

/** @returns undefined for a text that is no page token of ours */
function decodePageToken(token: string): PageCursor | undefined {
  try {
    const { fieldValue, id } = cursorSchema.parse(JSON.parse(Buffer.from(token, 'base64').toString()));
    return { value: fieldValue, id };
  } catch {
    return undefined;
  }
}

type DefinedOnly<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** @returns a copy without the members that are undefined */
export function definedOnly<T extends object>(members: T): DefinedOnly<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as DefinedOnly<T>;
}
