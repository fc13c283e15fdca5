import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import path from 'node:path';

import { command } from '../../test/servers/processes/command.js';

/** A version of the sources in a folder of its own, with its packages. */
export interface Tree {
  label: 'old' | 'new';
  folder: string;
}

/** Folders with a lock file and packages of their own. */
const PACKAGE_FOLDERS = ['', 'test/services'];

/**
 * Unpack the files of a commit or a tree of a git repository and give them their packages: those of the repository itself where
 * the lock files are equal, else installed ones.
 *
 * @param folder made here
 */
export async function openTree(repository: string, label: Tree['label'], object: string, folder: string): Promise<Tree> {
  await mkdir(folder);
  const archive = `${folder}.tar`;
  await command('git', ['-C', repository, 'archive', '--output', archive, object]);
  await command('tar', ['-xf', archive, '-C', folder]);
  await rm(archive);
  for (const sub of PACKAGE_FOLDERS) await sharePackages(path.join(repository, sub), path.join(folder, sub));
  if (!existsSync(path.join(folder, 'node_modules'))) {
    await command('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder });
  }
  return { label, folder };
}

/** The tests install the packages of their own folder by themselves where there is nothing to share. */
async function sharePackages(from: string, to: string): Promise<void> {
  const installed = path.join(from, 'node_modules');
  if (!existsSync(installed)) return;
  const [ours, theirs] = await Promise.all([from, to].map(lockFile));
  if (ours !== undefined && ours === theirs) await symlink(installed, path.join(to, 'node_modules'));
}

async function lockFile(folder: string): Promise<string | undefined> {
  const file = path.join(folder, 'package-lock.json');
  return existsSync(file) ? readFile(file, 'utf8') : undefined;
}

/** @returns the commit's full id. @throws Error there is no such commit */
export async function commitOf(repository: string, ref: string): Promise<string> {
  const found = command('git', ['-C', repository, 'rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
  return (await found.catch(() => Promise.reject(new Error(`no commit '${ref}'`)))).trim();
}

/**
 * The repository's files as they are, with everything that is not committed yet.
 *
 * @param index a file that does not exist yet, for git's use in place of the repository's own index
 * @returns the id of a tree
 */
export async function filesAsTheyAre(repository: string, index: string): Promise<string> {
  const env = { ...process.env, GIT_INDEX_FILE: index };
  await command('git', ['-C', repository, 'add', '--all'], { env });
  return (await command('git', ['-C', repository, 'write-tree'], { env })).trim();
}
