import { satisfies, validRange } from 'semver';

/** Versions of a package that must not be installed. */
export interface KnownBad {
  package: string;
  /** A range in npm's notation. */
  versions: string;
  reason: string;
  /** The URL of the advisory. */
  source: string;
}

/** The part of npm's lock file that is read here. */
export interface LockFile {
  packages: Record<string, { version?: string }>;
}

export interface Finding {
  /** The key in the lock file: `node_modules/koa/node_modules/debug`. */
  path: string;
  version: string;
  entry: KnownBad;
}

/**
 * Find every package of a lock file that is on the list, at any depth.
 *
 * @throws Error a range of the list is not valid; it would match nothing
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
