import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { announce } from '../../src/cli/welcome.js';
import { createLogger } from '../../src/logging.js';
import { createDataFolder } from '../support/stores/data-folder.js';

const lines: string[] = [];
const log = createLogger({ level: 'info', name: 'test', destination: { write: (line) => lines.push(line) } });
const running = { url: 'http://127.0.0.1:6080', apiKey: 'key' };
const welcome = { ...running, showsKey: false, keepsKey: true };

it('announce writes the address of the server and the API key to files that only its user can read, and removes each file when its content is no longer true', async () => {
  const { path, remove } = await createDataFolder();
  const dataDir = join(path, 'data');
  const forget = await announce({ ...welcome, dataDir }, log);
  const file = join(dataDir, 'running.json');
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(running);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const keyFile = join(dataDir, 'api-key');
  expect(await readFile(keyFile, 'utf8')).toBe('key\n');
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  expect(lines.splice(0).map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 30, msg: 'this file has the API key', file: keyFile },
  ]);
  await forget();
  expect(await readFile(keyFile, 'utf8')).toBe('key\n');
  await expect(stat(file)).rejects.toThrow('ENOENT');

  const forgetAgain = await announce({ ...welcome, keepsKey: false, dataDir }, log);
  await expect(stat(keyFile)).rejects.toThrow('ENOENT');
  await forgetAgain();
  await remove();
});

it('announce logs a warning and does not throw when it cannot write a file', async () => {
  const forget = await announce({ ...welcome, dataDir: join(import.meta.filename, 'data') }, log);
  await forget();
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 40, msg: 'other commands do not find this server' },
    { level: 40, msg: 'the API key could not be written' },
  ]);
});
