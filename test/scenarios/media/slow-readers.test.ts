import { expect, it } from 'vitest';

import { startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { expectPrompt, startSlowReaders } from '../../support/slow-readers.js';

/** Each takes some megabytes into the buffers of the system: 200 of them are for the service tests. */
const READERS = 60;
/** More than the buffers between us and a reader hold. */
const SIZE = 20_000_000;

it('many readers of a file that stop reading delay no other request, and leave no open file or connection', async () => {
  const { app, api, openRoom, stores, close } = await startAppOnSimulator({ speed: 50 });
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  try {
    const { body } = await api.start(await openRoom());
    await api.stop(body.recordingId);
    await api.outcome(body.recordingId);
    const { mediaKey } = await app.commands.recordings.get(body.recordingId);
    await stores.write(mediaKey, Buffer.alloc(SIZE));

    const url = `${api.url}/api/v1/recordings/${body.recordingId}`;
    const readers = await startSlowReaders(`${url}/media`, READERS);
    expect(readers.firstBytesMs).toBeLessThan(10_000);
    expect(readers.memoryKbEach).toBeLessThan(1_024);
    await expectPrompt(url, SIZE);
    readers.leave();
    await expectPrompt(url, SIZE);
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', note);
    await close();
  }
});
