import { z } from 'zod';

import { partsOf } from './comma-list.js';

/** More names than any entity has members. */
const FIELDS_MAX = 64;

/** The parameter `fields` of a list: comma-separated names of members. A blank value selects all. */
export const fieldsSchema = z
  .string()
  .transform(partsOf)
  .pipe(z.array(z.string()).max(FIELDS_MAX, `fields cannot contain more than ${String(FIELDS_MAX)} names`))
  .transform((names) => (names.length === 0 ? undefined : names))
  .optional();

/** The parameter `fields` of a single item. When it is repeated, the values count as one list. */
export const itemQuery = z.object({
  fields: z.preprocess((value) => (Array.isArray(value) ? value.join(',') : value), fieldsSchema),
});

/** The named members, as far as they exist, in the order of the names; all members when `fields` is undefined. */
export function pickFields<View extends object>(view: View, fields: readonly string[] | undefined): Partial<View> {
  if (fields === undefined) return view;
  const members = new Map<string, unknown>(Object.entries(view));
  return Object.fromEntries(fields.filter((name) => members.has(name)).map((name) => [name, members.get(name)])) as Partial<View>;
}
