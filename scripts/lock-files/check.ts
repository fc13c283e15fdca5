/**
 * Compare the lock files with `known-bad-versions.json`, without network. Print the path of each package that is on the list, and
 * fail if there is one.
 *
 *   tsx scripts/lock-files/check.ts
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

import { findKnownBad, type KnownBad, type LockFile } from './find-known-bad.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LOCK_FILES = ['package-lock.json', 'test/services/package-lock.json'];

const readJson = (file: string): unknown => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));

const list = readJson('scripts/lock-files/known-bad-versions.json') as KnownBad[];
for (const file of LOCK_FILES) {
  for (const { path: found, version, entry } of findKnownBad(readJson(file) as LockFile, list)) {
    process.stdout.write(`${file}: ${found} is ${version}: ${entry.reason} (${entry.versions}, ${entry.source})\n`);
    process.exitCode = 1;
  }
}
