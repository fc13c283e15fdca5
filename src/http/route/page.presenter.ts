import type { Page } from '../../machines/ports/pages.js';
import { encodePageToken } from './pages.js';

export interface PaginationView {
  isTruncated: boolean;
  nextPageToken?: string;
  maxItems: number;
}

export function presentPagination({ next }: Pick<Page<unknown>, 'next'>, maxItems: number): PaginationView {
  return next === undefined
    ? { isTruncated: false, maxItems }
    : { isTruncated: true, nextPageToken: encodePageToken(next), maxItems };
}

/** Only the named members that exist, in the order named; undefined names all. */
export function pickFields(view: object, fields: readonly string[] | undefined): object {
  if (fields === undefined) return view;
  const members = new Map<string, unknown>(Object.entries(view));
  return Object.fromEntries(fields.map((name) => [name, members.get(name)]));
}
