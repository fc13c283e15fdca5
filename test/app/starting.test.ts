import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type App, createApp } from '../../src/app/app.js';
import { parseConfig } from '../../src/config/config.js';
import { createLogger, type Logger } from '../../src/logging.js';
import { openEnvironment } from '../../src/persistence/lmdb/environment.js';
import { DataFolderInUseError } from '../../src/persistence/single-process.js';
import { buildRoom } from '../contracts/documents.js';
import { freePort } from '../support/apps/child-process.js';
import { createDataFolder } from '../support/stores/data-folder.js';
import { openLmdb } from '../support/stores/open-stores.js';
import { createTestClock, type TestClock } from '../support/test-clock.js';

const silent = createLogger({ level: 'silent', name: 'tally' });

let clock: TestClock;
let dataDir: string;
let url: string;
let remove: () => Promise<void>;
let config: ReturnType<typeof parseConfig>;
let app: App | undefined;

beforeEach(async () => {
  const folder = await createDataFolder();
  ({ path: dataDir, remove } = folder);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  config = parseConfig({ SERVER_PORT: String(port), TALLY_SIMULATOR_PORT: '0', TALLY_DRAIN_MS: '0', TALLY_DATA_DIR: dataDir });
  clock = createTestClock();
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await remove();
});

async function ask(path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, body: await response.text() };
}

describe('the start of the application', () => {
  it('answers probes from the beginning, and API calls once the stores are open', async () => {
    const neighbour = await startSilentNeighbour(dataDir);
    const starting = createApp(config, { log: silent, clock });
    await neighbour.knocked; // the start now waits for an answer, and the test clock stands still
    expect(await ask('/livez')).toEqual({ status: 200, body: 'OK' });
    expect(await ask('/readyz')).toEqual({ status: 503, body: '{"status":"starting"}' });
    expect((await ask('/api/v1/rooms')).status).toBe(503);
    neighbour.leave();
    app = await starting;
    expect((await ask('/readyz')).status).toBe(200);
    expect((await ask('/api/v1/rooms')).status).toBe(401);
  });

  it('frees its port and its data folder when it fails', async () => {
    const neighbour = await startSilentNeighbour(dataDir);
    const starting = createApp(config, { log: silent, clock });
    await neighbour.knocked;
    clock.advance(2_000);
    await expect(starting).rejects.toThrow(DataFolderInUseError);
    await expect(fetch(url)).rejects.toThrow();
    expect(clock.pending()).toBe(0);
    neighbour.leave();
    app = await createApp(config, { log: silent, clock });
    expect((await ask('/readyz')).status).toBe(200);
  });

  it('leaves nothing running when it is stopped during a migration, and the next start finishes the migration', async () => {
    await fillWithOldRows(dataDir);
    const stopping = new AbortController();
    const log = logThatSees('migration begins', () => stopping.abort(new Error('stopped')));
    await expect(createApp(config, { log, clock, signal: stopping.signal })).rejects.toThrow('stopped');
    await expect(fetch(url)).rejects.toThrow();
    expect(clock.pending()).toBe(0);
    let isDone = false;
    app = await createApp(config, { log: logThatSees('migration is done', () => (isDone = true)), clock });
    expect(isDone).toBe(true);
    expect((await app.persistence.rooms.list({}, 10)).items).toHaveLength(3);
  });
});

/** A server on the port noted in the data folder. It answers a claim only when `leave` is called, and then as another program. */
async function startSilentNeighbour(folder: string): Promise<{ knocked: Promise<unknown>; leave: () => void }> {
  const knocks: Socket[] = [];
  const server: Server = createServer((socket) => knocks.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const id = `00000000${createHash('sha256').update(hostname()).digest('hex').slice(0, 8)}`; // of this host
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `process-${id}.port`), JSON.stringify({ id, port: (server.address() as AddressInfo).port }));
  return {
    knocked: once(server, 'connection'),
    leave() {
      server.close();
      for (const socket of knocks) socket.end('another program');
    },
  };
}

/** Creates a store with three rooms whose index rows have no version, so that a start migrates it. */
async function fillWithOldRows(folder: string): Promise<void> {
  const { rooms, close } = await openLmdb({ dataDir: folder });
  for (const roomId of ['one', 'two', 'three']) await rooms.create(roomId, buildRoom(roomId));
  await close();
  const environment = openEnvironment(join(folder, 'store'));
  await environment.write(() => void environment.table('rowVersions').clearAsync());
  await environment.close();
}

function logThatSees(message: string, then: () => void): Logger {
  const write = (line: string): void => {
    if ((JSON.parse(line) as { msg: string }).msg === message) then();
  };
  return createLogger({ level: 'info', name: 'tally', destination: { write } });
}
