import { z } from 'zod';

/** The largest number of ids in one request. */
export const IDS_MAX = 1_000;

/** A list of ids. One that is too long is refused before its ids are checked, because each check costs time. */
export function idList<Id extends z.ZodType>(field: string, id: Id) {
  return z
    .array(z.unknown())
    .max(IDS_MAX, `${field} cannot contain more than ${String(IDS_MAX)} items`)
    .pipe(z.array(id));
}

/** The trimmed parts of a comma-separated list. Blank parts are dropped. */
export function partsOf(list: string): string[] {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
