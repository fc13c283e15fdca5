import { systemClock } from '../../src/clock.js';
import { parseConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/logging.js';
import { openPersistence } from '../../src/persistence/index.js';
import { openLab } from '../lab/lab.js';
import type { Place } from '../places/place.js';
import { finishedRecording, uidOf } from '../lab/recordings.js';
import { middleOf } from '../results/middle.js';
import { type Result, single } from '../results/result.js';
import { openSimulator } from '../places/simulator.js';

const SMALL = 1_000;
const LARGE = 100_000;
const ROOMS = 100;
const PAGES = 300;

/** Compare the time of a page of 100 out of 100 000 recordings with that of one out of 1 000. */
export async function listPages(place: Place): Promise<Result> {
  const [small, large] = [await pageMs(place, SMALL), await pageMs(place, place.count(LARGE))];
  const goal = { name: 'list_page100_ratio', unit: '×', target: 1.2, op: '<=' } as const;
  return single(goal, large / small, PAGES);
}

async function pageMs(place: Place, count: number): Promise<number> {
  const lab = await openLab(place, {
    openLiveKit: openSimulator,
    prepare: ({ TALLY_DATA_DIR: dataDir = '' }) => fill(dataDir, count),
  });
  try {
    const samples: number[] = [];
    let token: string | undefined;
    for (let page = 0; page < PAGES; page++) {
      const after = token === undefined ? '' : `&nextPageToken=${encodeURIComponent(token)}`;
      const { body, status, ms } = await lab.api('GET', `/recordings?maxItems=100${after}`);
      if (status !== 200) throw new Error(`list answered ${String(status)}: ${body}`);
      const { recordings, pagination } = JSON.parse(body) as { recordings: unknown[]; pagination: { nextPageToken?: string } };
      if (recordings.length !== 100) throw new Error(`a page of ${String(recordings.length)}`);
      token = pagination.nextPageToken;
      if (page >= PAGES / 3) samples.push(ms);
    }
    return middleOf(samples);
  } finally {
    await lab.close();
  }
}

async function fill(dataDir: string, count: number): Promise<void> {
  const lmdb = await openPersistence(parseConfig({ TALLY_DATA_DIR: dataDir }), {
    clock: systemClock,
    log: createLogger({ level: 'silent', name: 'bench' }),
    signal: new AbortController().signal,
    onMigrating: () => undefined,
  });
  for (let from = 0; from < count; from += 5_000) {
    const numbers = Array.from({ length: Math.min(5_000, count - from) }, (_, index) => from + index);
    await Promise.all(numbers.map((number) => lmdb.recordings.create(uidOf(number), finishedRecording(number, ROOMS))));
  }
  await lmdb.close();
}
