import { z } from 'zod';

import type { PageCursor } from '../../machines/ports/pages.js';
import { partsOf } from './comma-list.js';

const DEFAULT_PAGE = 10;
const LARGEST_PAGE = 100;

/** Longer than every store's own tie-breaker. */
const CURSOR_ID_MAX = 256;

const cursorSchema = z.object({ fieldValue: z.number().nullable(), id: z.string().min(1).max(CURSOR_ID_MAX) });

/** 1 to 100, floored. Anything that JavaScript reads as a number will do. */
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

/** The members that every list's query has. */
export const listQuery = {
  maxItems: maxItemsSchema,
  nextPageToken: pageTokenSchema.optional(),
  fields: z.string().transform(parseFields).optional(),
};

/** `fields` of a single item: repeated, it is one list. */
export const itemQuery = z.object({
  fields: z.preprocess((value) => (Array.isArray(value) ? value.join(',') : value), z.string().transform(parseFields).optional()),
});

/** A part of a name; blank means any. */
export const nameFilterSchema = z.string().transform((text) => (text.trim() === '' ? undefined : text));

export function encodePageToken({ value, id }: PageCursor): string {
  return Buffer.from(JSON.stringify({ fieldValue: value, id })).toString('base64');
}

/** @returns undefined when it is no token of ours */
function decodePageToken(token: string): PageCursor | undefined {
  try {
    const { fieldValue, id } = cursorSchema.parse(JSON.parse(Buffer.from(token, 'base64').toString()));
    return { value: fieldValue, id };
  } catch {
    return undefined;
  }
}

function parseFields(list: string): string[] | undefined {
  const names = partsOf(list);
  return names.length === 0 ? undefined : names;
}
