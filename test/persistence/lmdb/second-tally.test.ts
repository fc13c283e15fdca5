import { rename } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { BUILD_TIMEOUT_MS, buildOnce, builtFile } from '../../support/apps/build-once.js';
import { startChild } from '../../support/apps/child-process.js';
import { createDataFolder } from '../../support/stores/data-folder.js';
import { startTallyProcess, type TallyProcess } from '../../support/apps/tally-process.js';

// Only the data folder refuses a second instance: on MongoDB and Redis any number of instances may run.
describe('a second Tally on a data folder that is in use', () => {
  let tally: TallyProcess;

  beforeAll(async () => {
    await buildOnce();
    tally = await startTallyProcess({ speed: 20 });
  }, BUILD_TIMEOUT_MS);
  afterAll(() => tally.stop());

  it('prints one line that names the folder and exits with 1, and the first Tally goes on', async () => {
    const child = startChild(builtFile('main.js'), [], { ...tally.env, SERVER_PORT: '0' });
    expect((await child.exited).code).toBe(1);
    expect(child.stdout()).toBe('');
    expect(child.stderr()).toMatch(/^tally: Another process uses the data folder \/.+\n$/);
    const roomId = await tally.openRoom();
    expect((await tally.api.start(roomId)).status).toBe(201);
  });
});

describe('a Tally whose data folder is removed', () => {
  it('refuses requests, logs a fatal line that names the folder, and exits with 1', async () => {
    await buildOnce();
    const folder = await createDataFolder();
    const dataDir = path.join(folder.path, 'data');
    const env = { SERVER_PORT: '0', TALLY_SIMULATOR_PORT: '0', TALLY_DATA_DIR: dataDir, TALLY_DRAIN_MS: '0' };
    const child = startChild(builtFile('main.js'), [], env);
    await child.printed(/^curl/m);
    await rename(dataDir, path.join(folder.path, 'elsewhere'));
    expect(await child.exited).toEqual({ code: 1, signal: null });
    const lines = child.stderr().trimEnd().split('\n');
    const fatal = lines
      .map((line) => JSON.parse(line) as { level: number; err?: { message: string } })
      .filter(({ level }) => level === 60);
    expect(fatal.map(({ err }) => err?.message)).toEqual([`The data folder ${dataDir} was removed or replaced`]);
    await folder.remove();
  });
});
