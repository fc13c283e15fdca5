import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { withEnvFile } from '../../src/config/config.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tally-env-'));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, text: string) => writeFile(path.join(folder, name), text);

describe('the dotenv file', () => {
  it('gives the variables that the environment lacks', async () => {
    await write('.env', 'SERVER_PORT=7000\n# a comment\nLIVEKIT_API_SECRET="with # and \'quotes\'"\nMEET_LOG_LEVEL=debug\n');
    expect(withEnvFile({ SERVER_PORT: '8000', MEET_LOG_LEVEL: '' }, folder)).toEqual({
      SERVER_PORT: '8000',
      MEET_LOG_LEVEL: '',
      LIVEKIT_API_SECRET: "with # and 'quotes'",
    });
  });

  it.each([
    [undefined, '.env'],
    ['production', '.env'],
    ['development', '.env.dev'],
    ['test', '.env.test'],
    ['ci', '.env.test'],
  ])('is, with NODE_ENV=%s, %s', async (mode, name) => {
    for (const each of ['.env', '.env.dev', '.env.test']) await write(each, `FOUND=${each}`);
    expect(withEnvFile({ NODE_ENV: mode }, folder)['FOUND']).toBe(name);
  });

  it('is the one that MEET_CONFIG_DIR names, relative to the folder', async () => {
    await mkdir(path.join(folder, 'etc'));
    await write('etc/tally.env', 'FOUND=named');
    await write('.env', 'FOUND=default');
    expect(withEnvFile({ MEET_CONFIG_DIR: 'etc/tally.env' }, folder)['FOUND']).toBe('named');
  });

  it('may be missing unless MEET_CONFIG_DIR names it', () => {
    expect(withEnvFile({ A: '1' }, folder)).toEqual({ A: '1' });
    expect(() => withEnvFile({ MEET_CONFIG_DIR: 'none.env' }, folder)).toThrow(
      `MEET_CONFIG_DIR names '${path.join(folder, 'none.env')}', which cannot be read: ENOENT`,
    );
  });

  it('is refused when it is there and cannot be read', async () => {
    await mkdir(path.join(folder, '.env'));
    expect(() => withEnvFile({}, folder)).toThrow(`${path.join(folder, '.env')} cannot be read: EISDIR`);
  });

  it('is not read under vitest', async () => {
    await write('.env', 'FOUND=file');
    expect(withEnvFile({ VITEST: 'true' }, folder)).toEqual({ VITEST: 'true' });
  });
});
