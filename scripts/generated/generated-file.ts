import type { DocumentedVariable } from '../../src/config/environment.js';

/** A file of the repository that is derived from the sources. */
export interface GeneratedFile {
  /** Relative to the repository's root. */
  path: string;
  /** @param current what the file holds now; '' when it is missing */
  content: (current: string) => string;
}

/** Variables by their group, in the order of the documentation. */
export function groupsOf(fields: readonly DocumentedVariable[]): [string, DocumentedVariable[]][] {
  const groups = new Map<string, DocumentedVariable[]>();
  for (const field of fields) groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
  return [...groups];
}
