import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { RecordingDocument } from '../../../src/machines/recording/recording.js';
import type { RoomDocument } from '../../../src/machines/room/room.js';
import { createIndexRowsMigration } from '../../../src/persistence/lmdb/index-rows.js';
import { type Environment, type KeyPart, openEnvironment } from '../../../src/persistence/lmdb/environment.js';
import { createRecordingTable } from '../../../src/persistence/lmdb/recording-store.js';
import { createRoomTable } from '../../../src/persistence/lmdb/room-store.js';
import { buildEffect, buildRecording, buildRoom, buildSettled } from '../../contracts/documents.js';
import { createDataFolder } from '../../support/stores/data-folder.js';

const signal = new AbortController().signal;
const RECORDINGS = 1_200;
const ROOMS = 40;

let path: string;
let remove: () => Promise<void>;
let environment: Environment;

beforeEach(async () => {
  ({ path, remove } = await createDataFolder());
  environment = openEnvironment(path);
});
afterEach(async () => {
  await environment.close();
  await remove();
});

function tablesOf(opened: Environment) {
  const [recordings, rooms] = [createRecordingTable(opened), createRoomTable(opened)];
  const migration = (version?: number) =>
    createIndexRowsMigration({
      environment: opened,
      indexes: [recordings.index, rooms.index],
      ...(version !== undefined && { version }),
    });
  return { recordings, rooms, migration };
}

function recordingOf(index: number): RecordingDocument {
  const uid = `u${String(index).padStart(5, '0')}`;
  const changes = { roomId: `room-${index}`, startDate: index, roomName: `Room ${index % 7}` };
  const document =
    index % 3 === 0
      ? buildRecording(uid, { ...changes, tally: { dueAt: index, effects: [buildEffect('notify')] } })
      : buildSettled(uid, changes);
  return { ...document, tally: Object.assign(document.tally, index % 2 === 0 ? { changedAt: 1_000_000 + index } : {}) };
}

async function fill(): Promise<void> {
  const { recordings, rooms } = tablesOf(environment);
  const all = Array.from({ length: RECORDINGS }, (_, index) => recordingOf(index));
  await Promise.all(all.map((each) => recordings.store.create(each.uid, each)));
  const allRooms: RoomDocument[] = Array.from({ length: ROOMS }, (_, index) => buildRoom(`room-${index}`));
  await Promise.all(allRooms.map((each) => rooms.store.create(each.roomId, each)));
}

/** All index rows and heads, which are derived from the documents. */
function rowsIn(opened: Environment): Record<string, unknown> {
  const names = ['recordings.rows', 'recordings.heads', 'rooms.rows', 'rooms.heads'];
  return Object.fromEntries(
    names.map((name) => [name, opened.read(() => [...opened.table<unknown, KeyPart[]>(name).getRange()])]),
  );
}

/** Puts the index into the form of an older version: some rows missing, some unknown, and no stored version. */
async function age(): Promise<void> {
  const [rows, heads] = [environment.table<string, KeyPart[]>('recordings.rows'), environment.table('recordings.heads')];
  await environment.write(() => {
    void environment.table('rowVersions').clearAsync();
    for (const key of [...rows.getKeys()].filter(([kind]) => kind === 'changed' || kind === 'due')) void rows.remove(key);
    for (let index = 0; index < 50; index += 1) void rows.put(['ofThePast', index], 'u00000');
    for (const key of [...heads.getKeys({ limit: 100 })]) void heads.put(key, { version: 1, rows: [] });
  });
}

describe('the index rows of LMDB', () => {
  it('of a new store need no migration', async () => {
    const { migration } = tablesOf(environment);
    expect(await migration().isNeeded()).toBe(false);
    await fill();
    expect(await migration().isNeeded()).toBe(false);
  });

  it('of an older version are rebuilt completely from the documents', async () => {
    await fill();
    const wanted = rowsIn(environment);
    await age();
    const { migration } = tablesOf(environment);
    expect(await migration().isNeeded()).toBe(true);
    const told: object[] = [];
    const counts = await migration().run({ signal, onBatch: (soFar) => told.push({ ...soFar }) });
    expect(counts).toEqual({ recordings: RECORDINGS, rooms: ROOMS });
    expect(told.length).toBeGreaterThan(4);
    expect(rowsIn(environment)).toEqual(wanted);
    expect(await migration().isNeeded()).toBe(false);
  });

  it('of a newer version are rebuilt too, because an older program knows only its own rows', async () => {
    await fill();
    const { migration } = tablesOf(environment);
    await migration(3).run({ signal, onBatch: () => undefined });
    expect(await migration(3).isNeeded()).toBe(false);
    expect(await migration(2).isNeeded()).toBe(true);
    expect(await migration(2).run({ signal, onBatch: () => undefined })).toEqual({ recordings: RECORDINGS, rooms: ROOMS });
  });

  it('include a row for the time of the last change of each document that has this time', async () => {
    await fill();
    const rows = environment.table<string, KeyPart[]>('recordings.rows');
    const changed = environment.read(() => [...rows.getRange({ start: ['changed'], end: ['changed', '\uffff'] })]);
    expect(changed).toHaveLength(RECORDINGS / 2);
    expect(changed[1]).toEqual({ key: ['changed', 1_000_002, 'u00002'], value: 'u00002' });
  });

  it('are rebuilt from where the program stopped when it starts again', async () => {
    await fill();
    const wanted = rowsIn(environment);
    await age();
    const { migration } = tablesOf(environment);
    const stopping = new AbortController();
    const onBatch = ({ recordings = 0 }: Readonly<Record<string, number>>) => {
      if (recordings > 0) stopping.abort(new Error('stopped'));
    };
    await expect(migration().run({ signal: stopping.signal, onBatch })).rejects.toThrow('stopped');
    expect(await migration().isNeeded()).toBe(true);
    const { recordings = 0 } = await migration().run({ signal, onBatch: () => undefined });
    expect(recordings).toBeLessThan(RECORDINGS);
    expect(recordings).toBeGreaterThan(0);
    expect(rowsIn(environment)).toEqual(wanted);
  });

  it('are rebuilt completely although two earlier attempts were killed', async () => {
    await fill();
    const wanted = rowsIn(environment);
    await age();
    await environment.close();
    await killAfter(2);
    await killAfter(1);
    environment = openEnvironment(path);
    const { migration } = tablesOf(environment);
    const { recordings = 0 } = await migration().run({ signal, onBatch: () => undefined });
    expect(recordings).toBeLessThanOrEqual(RECORDINGS - 3 * 250);
    expect(rowsIn(environment)).toEqual(wanted);
  });
});

/** Starts a child process that rebuilds the rows, and kills it after `batches` batches. */
async function killAfter(batches: number): Promise<void> {
  const script = join(import.meta.dirname, '../../support/stores/row-maker.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, path, String(batches)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) if (line === 'done') child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
}
