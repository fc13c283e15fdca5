import { systemClock } from '../src/clock.js';
import type { RecordingDocument } from '../src/machines/recording/recording.js';
import { newRecording } from '../src/machines/recording/new-recording.js';
import { openLmdb } from '../src/persistence/lmdb/open-lmdb.js';
import { openBench } from './processes.js';
import { type Result, single } from './result.js';

const SMALL = 1_000;
const LARGE = 100_000;
const PAGES = 300;

/** A page of 100 out of 100 000 recordings, compared with one out of 1 000. */
export async function listPages(): Promise<Result> {
  const [small, large] = [await pageMs(SMALL), await pageMs(LARGE)];
  const goal = { name: 'list_page100_ratio', unit: '×', target: 1.2, op: '<=' } as const;
  return single(goal, large / small, PAGES);
}

async function pageMs(count: number): Promise<number> {
  const bench = await openBench({ prepare: (dataDir) => fill(dataDir, count) });
  try {
    const samples: number[] = [];
    let token: string | undefined;
    for (let page = 0; page < PAGES; page++) {
      const after = token === undefined ? '' : `&nextPageToken=${encodeURIComponent(token)}`;
      const { body, status, ms } = await bench.api('GET', `/recordings?maxItems=100${after}`);
      if (status !== 200) throw new Error(`list answered ${String(status)}: ${body}`);
      const { recordings, pagination } = JSON.parse(body) as { recordings: unknown[]; pagination: { nextPageToken?: string } };
      if (recordings.length !== 100) throw new Error(`a page of ${String(recordings.length)}`);
      token = pagination.nextPageToken;
      if (page >= PAGES / 3) samples.push(ms);
    }
    return samples.sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? NaN;
  } finally {
    await bench.close();
  }
}

/** Complete recordings of a hundred rooms, a second apart. */
async function fill(dataDir: string, count: number): Promise<void> {
  const lmdb = await openLmdb({ dataDir });
  for (let from = 0; from < count; from += 5_000) {
    const numbers = Array.from({ length: Math.min(5_000, count - from) }, (_, index) => from + index);
    await Promise.all(numbers.map((number) => lmdb.recordings.create(uidOf(number), complete(number))));
  }
  await lmdb.close();
}

function uidOf(number: number): string {
  return number.toString(16).padStart(10, '0');
}

function complete(number: number): RecordingDocument {
  const uid = uidOf(number);
  const roomId = `bench-${String(number % 100)}`;
  const at = systemClock.now() - number * 1_000;
  const recording = newRecording({ uid, roomId, roomName: 'Bench', mediaKey: `recordings/${uid}.mp4`, at, secret: () => uid });
  return {
    ...recording,
    ...{ liveKey: uid, egressId: `EG_${uid}`, startDate: at, endDate: at + 10_000, duration: 10, size: 1_000, media: 'complete' },
    tally: { state: 'complete', machineVersion: 1, version: 1, effects: [], history: [], dueAt: null, lastWrite: 'bench' },
  };
}
