import { directStarts, type StartPlan } from './direct.js';
import { inParallel } from '../lab/http-client.js';
import { type Lab, openLab } from '../lab/lab.js';
import type { LiveKit } from '../places/livekit.js';
import type { Place } from '../places/place.js';
import { middleOf } from '../results/middle.js';
import { median, type Result } from '../results/result.js';

/** On a real LiveKit each recording is a recorder in a room, so there are fewer of them. */
const SIZES = {
  embedded: { warmUp: 500, sequential: 300, parallel: 600 },
  real: { warmUp: 100, sequential: 100, parallel: 200 },
};
const CONTENDERS = 200;
const ROUNDS = 5;
/** LiveKit accepts at once and records after this time, instead of some five seconds later. */
const ACTIVE_AFTER_MS = 20;

/**
 * Measure the time that Tally adds: from the request to the 201, less the time of the same start by a client that calls LiveKit
 * itself, with the same SDK and as many at once.
 */
export async function startOverhead(place: Place): Promise<Result> {
  const target = place.kind === 'embedded' ? 5 : 9;
  const samples = await overheads(place, SIZES[place.kind].sequential, 1);
  return median({ name: 'start_overhead_ms', unit: 'ms', target, op: '<=' }, samples);
}

export async function startOverhead10(place: Place): Promise<Result> {
  const target = place.kind === 'embedded' ? 20 : 30;
  const samples = await overheads(place, SIZES[place.kind].parallel, 10);
  return median({ name: 'start_overhead_10_ms', unit: 'ms', target, op: '<=' }, samples);
}

async function overheads(place: Place, count: number, width: number): Promise<number[]> {
  const warmUp = place.count(SIZES[place.kind].warmUp);
  const plan: StartPlan = { warmUp, count: place.count(count), width, activeAfterMs: ACTIVE_AFTER_MS };
  const direct = middleOf(await directStarts(place, plan));
  return withRooms(place, plan, async (lab, rooms) => {
    const samples: number[] = [];
    await inParallel(rooms, width, async (room) => void samples.push((await lab.record(room)).ms - direct));
    return samples;
  });
}

/** Measure 200 starts in one room at once, until the last one is answered. */
export async function contention(place: Place): Promise<Result> {
  const plan = { warmUp: place.count(SIZES[place.kind].warmUp), count: ROUNDS, activeAfterMs: 0 };
  return withRooms(place, plan, async (lab, rooms) => {
    const samples: number[] = [];
    for (const room of rooms) {
      const begunAt = performance.now();
      const answers = await Promise.all(Array.from({ length: CONTENDERS }, () => lab.start(room)));
      samples.push(performance.now() - begunAt);
      const count = (status: number) => answers.filter((answer) => answer.status === status).length;
      const egresses = await lab.livekit.egressCount(room);
      if (count(201) !== 1 || count(409) !== CONTENDERS - 1 || egresses !== 1) {
        throw new Error(`${String(count(201))} × 201, ${String(count(409))} × 409, ${String(egresses)} egresses`);
      }
    }
    return median({ name: 'contention_200_ms', unit: 'ms', target: 250, op: '<=' }, samples);
  });
}

async function withRooms<Measured>(
  place: Place,
  { warmUp, count, activeAfterMs }: Omit<StartPlan, 'width'>,
  measure: (lab: Lab, rooms: string[]) => Promise<Measured>,
): Promise<Measured> {
  const lab = await openLab<LiveKit>(place, { openLiveKit: place.openLiveKit, activeAfterMs });
  try {
    const rooms = await lab.openRooms(warmUp + count);
    await inParallel(rooms.splice(0, warmUp), 4, async (room) => {
      await lab.record(room);
    });
    return await measure(lab, rooms);
  } finally {
    await lab.close();
  }
}
