import { createHash } from 'node:crypto';
import { access, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';

/** The folder that keeps programs between runs. */
const binDir = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tally', 'bin');

/**
 * Returns the path of a cached file, and makes the file if necessary. The file gets its name only when it is complete.
 *
 * @param make makes the file in the given folder and returns its path there
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

/** Removes the earlier builds of a program. */
export async function dropBuilds(family: string): Promise<void> {
  for (const name of await readdir(binDir)) if (name.startsWith(family)) await rm(join(binDir, name));
}

/** A short hash of the contents of files and folders and of the names inside them. The location of a folder does not matter. */
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
