/** Members of `package.json` that npm copies into the lock file. */
const COPIED = ['name', 'version', 'bin', 'engines', 'dependencies', 'devDependencies'] as const;

type Manifest = Partial<Record<(typeof COPIED)[number], unknown>>;

/** The members that the lock file has otherwise than `package.json`: `npm install` would change it, also in a fresh clone. */
export function staleMembers(manifest: Manifest, { packages }: { packages: Record<string, Manifest> }): string[] {
  return COPIED.filter((name) => JSON.stringify(manifest[name]) !== JSON.stringify(packages['']?.[name]));
}
