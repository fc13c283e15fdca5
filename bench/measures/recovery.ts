import { setTimeout as wait } from 'node:timers/promises';

import { inParallel } from '../lab/http-client.js';
import { type Lab, openLab } from '../lab/lab.js';
import type { Place } from '../places/place.js';
import { type Result, single } from '../results/result.js';
import { openSimulator, type Simulator } from '../places/simulator.js';

const RECORDINGS = 1_000;

/** Kill Tally with 1 000 live recordings, let all of them end meanwhile, and measure from the restart until all are complete. */
export async function recovery(place: Place): Promise<Result> {
  const lab = await openLab(place, { openLiveKit: openSimulator });
  try {
    const rooms = await lab.openRooms(place.count(RECORDINGS));
    await inParallel(rooms, 16, async (room) => {
      await lab.record(room);
    });
    await lab.killTally();
    await inParallel(rooms, 16, async (room) => {
      await lab.livekit.simulate('DELETE', `/rooms/${room}/participants/ada`);
    });
    await until(async () => (await liveIn(lab.livekit)) === 0);
    const begunAt = performance.now();
    await lab.startTally();
    await until(async () => (await countOf(lab, 'complete')) === rooms.length);
    const goal = { name: 'recovery_1000_s', unit: 's', target: 5, op: '<=' } as const;
    return single(goal, (performance.now() - begunAt) / 1_000, rooms.length);
  } finally {
    await lab.close();
  }
}

async function liveIn(simulator: Simulator): Promise<number> {
  const { body } = await simulator.simulate('GET', '/egresses');
  const egresses = JSON.parse(body) as { states: { status: string }[] }[];
  return egresses.filter(({ states }) => !(states.at(-1)?.status ?? '').includes('COMPLETE')).length;
}

async function countOf(lab: Lab, status: string): Promise<number> {
  let count = 0;
  for (let token: string | undefined = ''; token !== undefined;) {
    const after: string = token === '' ? '' : `&nextPageToken=${encodeURIComponent(token)}`;
    const { body } = await lab.api('GET', `/recordings?maxItems=100&status=${status}&fields=recordingId${after}`);
    const page = JSON.parse(body) as { recordings: unknown[]; pagination: { nextPageToken?: string } };
    count += page.recordings.length;
    token = page.pagination.nextPageToken;
  }
  return count;
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await wait(50);
}
