/**
 * Compile `src`, `bench` and the servers of the tests into `dist`.
 *
 *   node scripts/build.mjs               always
 *   node scripts/build.mjs --if-needed   only when a source changed since the last build
 *
 * Each build writes a folder of its own and renames it to `dist` at the end. So `dist` is always whole, also when several builds
 * run at once or one is killed. A build is silent on success; the compiler's errors go to standard error.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { readFlags } from './flags.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const DIST = path.join(ROOT, 'dist');
const STAMP = '.stamp';
/** The folders of running builds are siblings of `dist`, so that the rename stays within one file system. */
const SCRATCH = path.join(ROOT, '.build-');
const FOLDERS = ['src', 'bench', 'test/servers'];

/**
 * A hash of the paths and contents of all sources and settings, which takes some 30 ms. Times would not do: a checkout, the layers of an
 * image and archives change them.
 */
function fingerprint() {
  const hash = createHash('sha256');
  const settings = readdirSync(ROOT).filter((name) => name === 'package.json' || /^tsconfig.*\.json$/.test(name));
  const sources = FOLDERS.filter((folder) => existsSync(path.join(ROOT, folder))).flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true }).map((name) => path.join(folder, String(name))),
  );
  for (const name of [...settings, ...sources].sort()) {
    const file = path.join(ROOT, name);
    if (statSync(file, { throwIfNoEntry: false })?.isFile()) hash.update(`${name}\0`).update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** The fingerprint of the sources that `dist` was built from. */
function builtFrom() {
  try {
    return readFileSync(path.join(DIST, STAMP), 'utf8');
  } catch {
    return undefined;
  }
}

/** The compiler's path; undefined where only the packages for production are installed. */
function compiler() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch {
    return undefined;
  }
}

/** @returns whether the compiler found no error */
function compile(tsc, outDir) {
  const args = [tsc, '-p', path.join(ROOT, 'tsconfig.build.json'), '--noCheck', '--outDir', outDir];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (status === 0) return true;
  process.stderr.write(stdout + stderr);
  return false;
}

/** Rename the finished folder to `dist`. Another build may do the same at this moment. */
function moveIntoPlace(built) {
  for (;;) {
    try {
      renameSync(DIST, `${built}.old`);
      rmSync(`${built}.old`, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    try {
      renameSync(built, DIST);
      return;
    } catch (error) {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    }
  }
}

function build({ ifNeeded }) {
  // An image that contains `dist` alone has no sources to build from.
  if (ifNeeded && !existsSync(path.join(ROOT, 'src'))) return true;
  const wanted = fingerprint();
  if (ifNeeded && builtFrom() === wanted) return true;
  const tsc = compiler();
  if (tsc === undefined) {
    const isBuilt = existsSync(DIST);
    const state = isBuilt ? 'runs as built from other sources' : 'is not built';
    process.stderr.write(
      `Tally ${state}, because the compiler is missing: npm ci && npm run build && npm prune --omit=dev builds it\n`,
    );
    return isBuilt;
  }
  const built = mkdtempSync(SCRATCH);
  try {
    if (!compile(tsc, built)) return false;
    writeFileSync(path.join(built, STAMP), wanted);
    // Another process has built the same meanwhile, and may run it already.
    if (!(ifNeeded && builtFrom() === wanted)) moveIntoPlace(built);
    return true;
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
}

const { 'if-needed': ifNeeded = false } = readFlags('npm run build --', ['if-needed']);
process.exitCode = build({ ifNeeded }) ? 0 : 1;
