import { setTimeout as wait } from 'node:timers/promises';

import { inParallel } from './http-client.js';
import { type Bench, openBench } from './processes.js';
import { type Result, single } from './result.js';

const RECORDINGS = 1_000;

/** kill -9 with 1 000 live recordings, all of which end while nobody listens: from the restart until all are complete. */
export async function recovery(): Promise<Result> {
  const bench = await openBench();
  try {
    const rooms = await bench.openRooms(RECORDINGS);
    await inParallel(rooms, 16, async (room) => {
      const { status } = await bench.start(room);
      if (status !== 201) throw new Error(`start answered ${String(status)}`);
    });
    await bench.killTally();
    await inParallel(rooms, 16, async (room) => {
      await bench.simulate('DELETE', `/rooms/${room}/participants/ada`);
    });
    await until(async () => (await liveInSimulator(bench)) === 0);
    const begunAt = performance.now();
    await bench.startTally();
    await until(async () => (await countOf(bench, 'complete')) === RECORDINGS);
    const goal = { name: 'recovery_1000_s', unit: 's', target: 5, op: '<=' } as const;
    return single(goal, (performance.now() - begunAt) / 1_000, RECORDINGS);
  } finally {
    await bench.close();
  }
}

async function liveInSimulator(bench: Bench): Promise<number> {
  const { body } = await bench.simulate('GET', '/egresses');
  const egresses = JSON.parse(body) as { states: { status: string }[] }[];
  return egresses.filter(({ states }) => !(states.at(-1)?.status ?? '').includes('COMPLETE')).length;
}

async function countOf(bench: Bench, status: string): Promise<number> {
  let count = 0;
  for (let token: string | undefined = ''; token !== undefined;) {
    const after: string = token === '' ? '' : `&nextPageToken=${encodeURIComponent(token)}`;
    const { body } = await bench.api('GET', `/recordings?maxItems=100&status=${status}&fields=recordingId${after}`);
    const page = JSON.parse(body) as { recordings: unknown[]; pagination: { nextPageToken?: string } };
    count += page.recordings.length;
    token = page.pagination.nextPageToken;
  }
  return count;
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await wait(50);
}
