import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { reasonsOf } from '../src/errors.js';
import { BUILD_TIMEOUT_MS, buildOnce, builtFile } from './support/apps/build-once.js';
import { startChild } from './support/apps/child-process.js';
import { createDataFolder } from './support/stores/data-folder.js';

const HUSH = 'hush';

describe('a start of Tally with unusable settings', () => {
  beforeAll(() => buildOnce(), BUILD_TIMEOUT_MS);

  const file = import.meta.filename;
  it.each([
    [{ SERVER_PORT: HUSH }, /^SERVER_PORT must be a whole number from 0 to 65535$/],
    [{ MEET_CONFIG_DIR: '/nowhere/.env' }, /^MEET_CONFIG_DIR names '\/nowhere\/\.env', which cannot be read: ENOENT$/],
    [{ TALLY_DATA_DIR: file }, /^TALLY_DATA_DIR \/.+ cannot be used: EEXIST/],
    [{ TALLY_DATA_DIR: `${file}/data` }, /^TALLY_DATA_DIR \/.+ cannot be used: ENOTDIR/],
    [{ TALLY_MEDIA_DIR: file }, /^The simulator cannot start: EEXIST/],
    [{ TALLY_HOST: 'nowhere.invalid' }, /^Cannot listen on nowhere.invalid:0: getaddrinfo/],
    [{ MEET_MONGO_URI: `mongodb://a:${HUSH}/@b` }, /^MongoDB could not be asked: Password contains unescaped characters$/],
    [{ MEET_MONGO_URI: `mongodb://a:${HUSH}@127.0.0.1:1/` }, /^MongoDB could not be asked: connect ECONNREFUSED 127.0.0.1:1$/],
  ])('prints one line with the reason and without secrets, and exits with 1: %o', async (env, reason) => {
    await expectRefusal(env, reason);
  });

  it('prints one line with the reason and exits with 1 when the setting is in the dotenv file', async () => {
    const folder = await createDataFolder();
    const envFile = path.join(folder.path, 'tally.env');
    await writeFile(envFile, `TALLY_STORE=${HUSH}\n`);
    await expectRefusal({ MEET_CONFIG_DIR: envFile }, /^TALLY_STORE must be one of embedded, real$/);
    await folder.remove();
  });

  it('prints one line with the reason and exits with 1 when the port of the simulator is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expectRefusal({ TALLY_SIMULATOR_PORT: String(port) }, /^The simulator cannot start: listen EADDRINUSE/);
    server.close();
  });
});

async function expectRefusal(env: Record<string, string>, reason: RegExp): Promise<void> {
  const folder = await createDataFolder();
  const free = { SERVER_PORT: '0', TALLY_SIMULATOR_PORT: '0', TALLY_DATA_DIR: folder.path };
  const child = startChild(builtFile('main.js'), [], { ...free, ...env });
  const { code } = await child.exited;
  await folder.remove();
  const [line = '', ...rest] = child.stderr().split('\n');
  expect({ code, rest, stdout: child.stdout() }).toEqual({ code: 1, rest: [''], stdout: '' });
  expect(line).toMatch(/^tally: /);
  expect(line.slice('tally: '.length)).toMatch(reason);
  expect(line).not.toContain(HUSH);
}

describe('reasonsOf an error', () => {
  it('gives its message and the messages of its causes, each once, in one line', () => {
    const error = new Error('outer', { cause: new Error('mid\n  dle', { cause: new Error('dle') }) });
    expect(reasonsOf(error)).toBe('outer: mid dle');
  });

  it('ends even when an error is its own cause', () => {
    const error = new Error('one');
    error.cause = new Error('two', { cause: error });
    expect(reasonsOf(error)).toBe('one: two');
  });
});
