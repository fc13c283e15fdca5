import { createHash } from 'node:crypto';
import { access, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';

/** Where programs stay between runs. */
const binDir = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tally', 'bin');

/**
 * The path of a cached file. It appears under its name only when it is whole.
 *
 * @param make builds it in a folder of its own and returns its path there
 */
export async function cached(name: string, make: (dir: string) => Promise<string>): Promise<string> {
  const path = join(binDir, name);
  if (await exists(path)) return path;
  const workshop = join(binDir, `.${name}.${process.pid}`);
  await mkdir(workshop, { recursive: true });
  try {
    await rename(await make(workshop), path);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return path;
}

/** Remove the earlier builds of a program that a new one replaces. */
export async function dropBuilds(family: string): Promise<void> {
  for (const name of await readdir(binDir)) if (name.startsWith(family)) await rm(join(binDir, name));
}

/** A short hash of the contents of the given files and folders and of the names below them; the place of a folder does not count. */
export async function hashOf(...paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of await filesBelow(path))
      hash
        .update(`${relative(path, file)}\0`)
        .update(await readFile(file))
        .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (entries === undefined) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
