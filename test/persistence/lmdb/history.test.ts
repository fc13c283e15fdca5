import { expect, it } from 'vitest';

import type { PageCursor } from '../../../src/machines/ports/pages.js';
import type { RecordingFilter, RecordingStore } from '../../../src/machines/recording/recording-store.js';
import { RECORDING_STATUSES } from '../../../src/machines/recording/recording.js';
import { openLmdb } from '../../support/stores/open-stores.js';
import { drawWrite, ROOMS } from '../../contracts/random-writes.js';
import { collect } from '../../support/collect.js';
import { createDataFolder } from '../../support/stores/data-folder.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createRandom } from '../../support/random.js';

const STEPS = 150;

it.each([1, 2, 3, 4, 5, 6, 7, 8])('LMDB and memory agree after every step of a random history (seed %i)', async (seed) => {
  const folder = await createDataFolder();
  const { recordings, close } = await openLmdb({ dataDir: folder.path });
  const model = createMemoryRecordingStore();
  const random = createRandom(seed);
  for (let step = 0; step < STEPS; step += 1) {
    const write = drawWrite(random);
    expect(await write(recordings)).toEqual(await write(model));
    if (step % 10 === 9) expect(await viewOf(recordings)).toEqual(await viewOf(model));
  }
  await close();
  await folder.remove();
});

async function viewOf(store: RecordingStore): Promise<unknown> {
  const filters: RecordingFilter[] = [{}, { roomName: 'sales' }];
  for (const roomId of ROOMS) filters.push({ roomId }, { roomId, status: 'active' }, { roomId, roomName: '2' });
  for (const status of RECORDING_STATUSES) filters.push({ status });
  const sorted = (keys: string[]) => [...keys].sort();
  return {
    lists: await Promise.all(filters.map((filter) => pagesOf(store, filter))),
    live: await Promise.all(ROOMS.map((roomId) => store.findLive(roomId))),
    byStartKey: await Promise.all([0, 1, 2, 3].map((key) => store.findByStartKey(`key-${key}`))),
    unsettled: sorted((await collect(store.unsettled())).map(({ uid }) => uid)),
    rooms: await Promise.all(ROOMS.map(async (room) => sorted(await collect(store.keysOfRoom(room))))),
    hasRecordings: await Promise.all(ROOMS.map((room) => store.hasRecordings(room))),
    owing: await store.owing(100),
    due: sorted(await store.due(12, 100)),
  };
}

async function pagesOf(store: RecordingStore, filter: RecordingFilter): Promise<unknown[]> {
  const pages = [];
  let after: PageCursor | undefined;
  do {
    const page = await store.list(filter, 2, after);
    pages.push(page);
    after = page.next;
  } while (after !== undefined);
  return pages;
}
