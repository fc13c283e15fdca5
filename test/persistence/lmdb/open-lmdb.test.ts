import { chmod, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { LocksUnavailableError, StoreUnavailableError } from '../../../src/errors.js';
import { openEnvironment } from '../../../src/persistence/lmdb/environment.js';
import { openLmdb } from '../../support/stores/open-stores.js';
import { createLmdbRecordingStore, createRecordingTable } from '../../../src/persistence/lmdb/recording-store.js';
import { DataFolderInUseError } from '../../../src/persistence/single-process.js';
import { buildEffect, buildRecording, buildRoom, nextOf } from '../../contracts/documents.js';
import { createDataFolder } from '../../support/stores/data-folder.js';

describe('LMDB', () => {
  let dataDir: string;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    ({ path: dataDir, remove } = await createDataFolder());
  });
  afterEach(() => remove());

  it('closes after every write that it has begun, the flushed ones too, and refuses later ones', async () => {
    const environment = openEnvironment(join(dataDir, 'store'));
    const table = environment.table<number>('numbers');
    const ends: string[] = [];
    const write = (number: number) =>
      environment.write(() => void table.put(String(number), number), { durable: number % 2 === 0 });
    const writes = Array.from({ length: 20 }, (_, number) => write(number).then(() => ends.push('written')));
    const closing = environment.close().then(() => ends.push('closed'));
    await expect(write(20)).rejects.toThrow(StoreUnavailableError);
    await Promise.all([...writes, closing]);
    expect(ends).toEqual([...writes.map(() => 'written'), 'closed']);
  });

  it('finds recordings, rooms, API keys and locks again when it is opened again', async () => {
    const first = await openLmdb({ dataDir, bootId: 'one' });
    const recording = buildRecording('one', { roomId: 'room', tally: { dueAt: 5, effects: [buildEffect('notify')] } });
    await first.recordings.create('one', recording);
    await first.recordings.save('one', nextOf(recording), 1);
    await first.rooms.create('room', buildRoom('room'));
    await first.apiKeys.add({ key: 'ovmeet-1', creationDate: 1 });
    const lock = await first.roomLocks.acquire('room', 'one', 60_000);
    await first.close();

    const second = await openLmdb({ dataDir, bootId: 'one' });
    expect(await second.recordings.load('one')).toEqual(nextOf(recording));
    expect(await second.recordings.findLive('room')).toEqual(nextOf(recording));
    expect(await second.recordings.due(5, 10)).toEqual(['one']);
    expect(await second.recordings.owing(10)).toEqual(['one']);
    expect((await second.recordings.list({ roomId: 'room', status: 'active' }, 10)).items).toHaveLength(1);
    expect((await second.rooms.list({}, 10)).items).toEqual([buildRoom('room')]);
    expect(await second.apiKeys.list()).toEqual([{ key: 'ovmeet-1', creationDate: 1 }]);
    expect(await second.roomLocks.list()).toMatchObject([{ roomId: 'room', ...(lock.acquired ? { value: lock.value } : {}) }]);
    await second.close();
  });

  it('lets only its own user read the store and the locks, even in a data folder that others can read', async () => {
    await chmod(dataDir, 0o755);
    await (await openLmdb({ dataDir })).close();
    for (const folder of ['store', 'locks']) expect((await stat(join(dataDir, folder))).mode & 0o777).toBe(0o700);
  });

  it('drops its locks after a reboot, because a loss of power may have corrupted them', async () => {
    const first = await openLmdb({ dataDir, bootId: 'one' });
    await first.recordings.create('one', buildRecording('one'));
    await first.roomLocks.acquire('room', 'one', 60_000);
    await first.close();
    // The zeros stand for pages that never reached the disk. If LMDB opened this file, it would crash this process.
    const file = join(dataDir, 'locks', 'data.mdb');
    await writeFile(file, Buffer.alloc((await stat(file)).size));

    const second = await openLmdb({ dataDir, bootId: 'two' });
    expect(await second.roomLocks.list()).toEqual([]);
    expect(await second.roomLocks.acquire('room', 'two', 60_000)).toMatchObject({ acquired: true });
    expect(await second.recordings.load('one')).toBeDefined();
    await second.close();
    const third = await openLmdb({ dataDir, bootId: 'two' });
    expect(await third.roomLocks.find('room')).toMatchObject({ uid: 'two' });
    await third.close();
  });

  it('refuses a data folder that is in use, and the first user goes on', async () => {
    const first = await openLmdb({ dataDir });
    await expect(openLmdb({ dataDir })).rejects.toThrow(DataFolderInUseError);
    expect(await first.recordings.create('one', buildRecording('one'))).toEqual({ created: true });
    await first.close();
  });

  it('throws an unavailable error from every port once it is closed', async () => {
    const { close, ping, recordings, rooms, apiKeys, roomLocks } = await openLmdb({ dataDir });
    await close();
    await close();
    await expect(ping()).rejects.toThrow(StoreUnavailableError);
    await expect(recordings.load('one')).rejects.toThrow(StoreUnavailableError);
    await expect(recordings.create('one', buildRecording('one'))).rejects.toThrow(StoreUnavailableError);
    await expect(recordings.list({}, 10)).rejects.toThrow(StoreUnavailableError);
    await expect(recordings.unsettled()[Symbol.asyncIterator]().next()).rejects.toThrow(StoreUnavailableError);
    await expect(rooms.due(1, 1)).rejects.toThrow(StoreUnavailableError);
    await expect(apiKeys.list()).rejects.toThrow(StoreUnavailableError);
    await expect(roomLocks.acquire('room', 'one', 1)).rejects.toThrow(LocksUnavailableError);
  });

  it('finishes the writes that began before it was closed', async () => {
    const first = await openLmdb({ dataDir });
    await first.recordings.create('saved', buildRecording('saved'));
    const creates = Array.from({ length: 50 }, (_, index) => first.recordings.create(`u${index}`, buildRecording(`u${index}`)));
    const save = first.recordings.save('saved', nextOf(buildRecording('saved')), 1);
    await first.close();
    expect(await Promise.all(creates)).toEqual(Array.from({ length: 50 }, () => ({ created: true })));
    expect(await save).toBe(true);
    const second = await openLmdb({ dataDir });
    expect((await second.recordings.list({}, 100)).items).toHaveLength(51);
    expect(await second.recordings.load('saved')).toEqual(nextOf(buildRecording('saved')));
    await second.close();
  });

  it('is closed once, after the last write is flushed, and refuses tables and writes from then on', async () => {
    const environment = openEnvironment(join(dataDir, 'store'));
    const table = environment.table<number>('numbers');
    const ends: string[] = [];
    const write = environment.write(() => void table.put('one', 1), { durable: true }).then(() => ends.push('write'));
    const closes = [environment.close(), environment.close()].map((close) => close.then(() => ends.push('close')));
    expect(() => environment.table('more')).toThrow(StoreUnavailableError);
    await expect(environment.write(() => void table.put('two', 2))).rejects.toThrow(StoreUnavailableError);
    await closes[1];
    expect(ends).toEqual(['write', 'close', 'close']);
    await write;
  });

  it('undoes a transaction that throws, and commits the next one', async () => {
    const environment = openEnvironment(join(dataDir, 'store'));
    const table = environment.table<number>('numbers');
    const failing = environment.write(() => {
      void table.put('half', 1);
      throw new RangeError('half-way');
    });
    const sound = environment.write(() => {
      void table.put('whole', 2);
      return 'done';
    });
    await expect(failing).rejects.toMatchObject({ code: 'store.unavailable', cause: { message: 'half-way' } });
    expect(await sound).toBe('done');
    expect(environment.read(() => [table.get('half'), table.get('whole')])).toEqual([undefined, 2]);
    await environment.close();
  });

  it('throws StoreUnavailableError for a start key that is too long, and stores no part of the document', async () => {
    const { recordings, close } = await openLmdb({ dataDir });
    const startKey = 'k'.repeat(5_000);
    await expect(recordings.create('one', buildRecording('one', { startKey }))).rejects.toThrow(StoreUnavailableError);
    expect(await recordings.load('one')).toBeUndefined();
    expect(await recordings.findLive('room-of-one')).toBeUndefined();
    await close();
  });

  it('ends a page of a name search after scanLimit rows, with a cursor that continues from there', async () => {
    const environment = openEnvironment(join(dataDir, 'store'));
    const store = createLmdbRecordingStore(environment, createRecordingTable(environment), 2_500);
    const total = 6_000;
    await Promise.all(
      Array.from({ length: total }, (_, index) => {
        const roomName = index === 10 || index === 5_990 ? 'Rare' : 'Common';
        return store.create(`u${index}`, buildRecording(`u${index}`, { startDate: index, roomName }));
      }),
    );
    const first = await store.list({ roomName: 'rare' }, 5);
    expect(first).toMatchObject({ items: [{ uid: 'u5990' }], next: { value: total - 2_500, id: `u${total - 2_500}` } });
    const second = await store.list({ roomName: 'rare' }, 5, first.next);
    expect(second).toEqual({ items: [], next: { value: total - 5_000, id: `u${total - 5_000}` } });
    expect(await store.list({ roomName: 'rare' }, 5, second.next)).toEqual({
      items: [buildRecording('u10', { startDate: 10, roomName: 'Rare' })],
    });
    await environment.close();
  });
});
