import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import path from 'node:path';

import { command } from '../../test/servers/processes/command.js';

/** One version of the sources, with its packages, in a folder of its own. */
export interface Tree {
  label: 'old' | 'new';
  folder: string;
}

/** Folders with a lock file and packages of their own. */
const PACKAGE_FOLDERS = ['', 'test/services'];

/**
 * Unpack the files of a git object and give them their packages: those of the repository where the lock files are equal, else
 * newly installed ones.
 *
 * @param object a commit or a tree
 * @param folder does not exist yet
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

/** Link the packages of one folder into another if the lock files are equal. */
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

/** @returns the full id of a commit @throws Error there is no such commit */
export async function commitOf(repository: string, ref: string): Promise<string> {
  const found = command('git', ['-C', repository, 'rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
  return (await found.catch(() => Promise.reject(new Error(`no commit '${ref}'`)))).trim();
}

/**
 * Store the repository's files as they are, uncommitted ones included, without touching its index or its branches.
 *
 * @param index path of a temporary index, which does not exist yet
 * @returns the id of a tree
 */
export async function filesAsTheyAre(repository: string, index: string): Promise<string> {
  const env = { ...process.env, GIT_INDEX_FILE: index };
  await command('git', ['-C', repository, 'add', '--all'], { env });
  return (await command('git', ['-C', repository, 'write-tree'], { env })).trim();
}
