import type { DocumentedVariable } from '../../src/config/environment.js';

/** A file of the repository that is derived from the sources. */
export interface GeneratedFile {
  /** From the repository's root. */
  path: string;
  content: () => string;
}

/** Variables by the heading they stand under, in their order. */
export function groupsOf(fields: readonly DocumentedVariable[]): [string, DocumentedVariable[]][] {
  const groups = new Map<string, DocumentedVariable[]>();
  for (const field of fields) groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
  return [...groups];
}
