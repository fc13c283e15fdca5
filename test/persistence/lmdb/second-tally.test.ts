import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { BUILD_TIMEOUT_MS, buildOnce, builtFile } from '../../support/apps/build-once.js';
import { startChild } from '../../support/apps/child-process.js';
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
