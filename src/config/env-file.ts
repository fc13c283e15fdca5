import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';

import type { RawEnvironment } from './names.js';
import { refusal } from './refusal.js';

const FILES: Readonly<Record<string, string>> = { development: '.env.dev', test: '.env.test', ci: '.env.test' };

/**
 * The environment with the variables of the dotenv file that it lacks: the file that `MEET_CONFIG_DIR` names, else `.env` in the folder
 * (`.env.dev` with `NODE_ENV=development`, `.env.test` with `test` and `ci`), where the file may be missing. Tests read none.
 *
 * @throws InvalidInputError the file cannot be read
 */
export function withEnvFile(env: RawEnvironment, folder: string): RawEnvironment {
  if (env['VITEST'] !== undefined) return env;
  const named = env['MEET_CONFIG_DIR']?.trim();
  const file = path.resolve(folder, named || (FILES[env['NODE_ENV'] ?? ''] ?? '.env'));
  try {
    return { ...parseEnv(readFileSync(file, 'utf8')), ...env };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !named) return env;
    const complaint = `cannot be read: ${String(code)}`;
    throw refusal(named ? ['MEET_CONFIG_DIR', `names '${file}', which ${complaint}`] : [file, complaint]);
  }
}
