import { satisfies, validRange } from 'semver';

/** Versions that may not be installed. */
export interface KnownBad {
  package: string;
  /** A range as npm writes it. */
  versions: string;
  reason: string;
  /** Where the reason can be read up. */
  source: string;
}

/** The part of npm's lock file that this reads. */
export interface LockFile {
  packages: Record<string, { version?: string }>;
}

export interface Finding {
  /** In the lock file: `node_modules/koa/node_modules/debug`. */
  path: string;
  version: string;
  entry: KnownBad;
}

/**
 * Every package of a lock file, installed at whatever depth, that is on the list.
 *
 * @throws Error the list has a range that npm cannot read: it would match nothing
 */
export function findKnownBad({ packages }: LockFile, list: readonly KnownBad[]): Finding[] {
  for (const entry of list) {
    if (validRange(entry.versions) === null) throw new Error(`${entry.package}: '${entry.versions}' is no range of versions`);
  }
  return Object.entries(packages).flatMap(([path, { version }]) => {
    if (version === undefined) return [];
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return list
      .filter((entry) => entry.package === name && satisfies(version, entry.versions, { includePrerelease: true }))
      .map((entry) => ({ path, version, entry }));
  });
}
