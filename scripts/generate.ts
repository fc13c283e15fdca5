/**
 * Write the files that are derived from the sources; each has a module in `scripts/generated`.
 *
 *   npm run generate              writes them
 *   npm run generate -- --check   writes nothing and fails when one is not current
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

import { readOptions } from '../src/config/command-line.js';
import { configurationPage } from './generated/configuration-page.js';
import { envExample } from './generated/env-example.js';
import { architecturePictures, readmePictures } from './generated/state-pictures.js';

const ROOT = path.dirname(import.meta.dirname);
const FILES = [envExample, configurationPage, readmePictures, architecturePictures];

const { check = false } = readOptions({
  usage: 'npm run generate --',
  about: 'Writes the files that are derived from the sources.',
  options: { check: { type: 'boolean', about: 'writes nothing and fails when one is not current' } },
});
for (const { path: name, content } of FILES) {
  const file = path.join(ROOT, name);
  const current = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const wanted = content(current);
  if (current === wanted) continue;
  if (check) process.exitCode = 1;
  else writeFileSync(file, wanted);
  process.stdout.write(check ? `${name} is not current: run npm run generate\n` : `${name} written\n`);
}
