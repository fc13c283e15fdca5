/**
 * Compare the lock files with `package.json` and with `known-bad-versions.json`, without network. Print what is stale and the path of
 * each package that is on the list, and fail if there is any.
 *
 *   tsx scripts/lock-files/check.ts
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

import { findKnownBad, type KnownBad, type LockFile } from './find-known-bad.js';
import { staleMembers } from './stale-members.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LOCK_FILES = ['package-lock.json', 'test/services/package-lock.json'];

const readJson = (file: string): unknown => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));

const list = readJson('scripts/lock-files/known-bad-versions.json') as KnownBad[];
for (const file of LOCK_FILES) {
  const manifest = readJson(path.join(path.dirname(file), 'package.json')) as object;
  for (const member of staleMembers(manifest, readJson(file) as Parameters<typeof staleMembers>[1])) {
    process.stdout.write(`${file}: ${member} differs from package.json: run npm install\n`);
    process.exitCode = 1;
  }
  for (const { path: found, version, entry } of findKnownBad(readJson(file) as LockFile, list)) {
    process.stdout.write(`${file}: ${found} is ${version}: ${entry.reason} (${entry.versions}, ${entry.source})\n`);
    process.exitCode = 1;
  }
}
