import { directStarts } from './direct.js';
import { inParallel } from './http-client.js';
import { type Bench, openBench } from './processes.js';
import { median, type Result } from './result.js';

const WARM_UP = 500;
const SEQUENTIAL = 300;
const PARALLEL = 600;
const CONTENDERS = 200;
const ROUNDS = 5;
/** LiveKit accepts at once and records after this time, instead of some five seconds later. */
const PACED = { name: 'slow-start', delayMs: 20 };
const AT_ONCE = { name: 'happy' };

/**
 * What Tally adds: from the request to the 201, less what the same start takes whoever asks LiveKit directly, with the same SDK
 * and as many at once.
 */
export async function startOverhead(): Promise<Result> {
  const goal = { name: 'start_overhead_ms', unit: 'ms', target: 5, op: '<=' } as const;
  return median(goal, await overheads(SEQUENTIAL, 1));
}

export async function startOverhead10(): Promise<Result> {
  const goal = { name: 'start_overhead_10_ms', unit: 'ms', target: 20, op: '<=' } as const;
  return median(goal, await overheads(PARALLEL, 10));
}

async function overheads(count: number, width: number): Promise<number[]> {
  const direct = (await directStarts(WARM_UP, count, width, PACED)).sort((a, b) => a - b)[Math.floor(count / 2)] ?? NaN;
  return withRooms(count, PACED, async (bench, rooms) => {
    const samples: number[] = [];
    await inParallel(rooms, width, async (room) => void samples.push((await started(bench, room)) - direct));
    return samples;
  });
}

/** 200 starts in one room at once: until the last one is answered. */
export async function contention(): Promise<Result> {
  return withRooms(ROUNDS, AT_ONCE, async (bench, rooms) => {
    const samples: number[] = [];
    for (const room of rooms) {
      const begunAt = performance.now();
      const answers = await Promise.all(Array.from({ length: CONTENDERS }, () => bench.start(room)));
      samples.push(performance.now() - begunAt);
      const count = (status: number) => answers.filter((answer) => answer.status === status).length;
      const egresses = await egressesOf(bench, room);
      if (count(201) !== 1 || count(409) !== CONTENDERS - 1 || egresses !== 1) {
        throw new Error(`${String(count(201))} × 201, ${String(count(409))} × 409, ${String(egresses)} egresses`);
      }
    }
    return median({ name: 'contention_200_ms', unit: 'ms', target: 250, op: '<=' }, samples);
  });
}

async function withRooms<Measured>(
  count: number,
  pace: { name: string; delayMs?: number },
  measure: (bench: Bench, rooms: string[]) => Promise<Measured>,
): Promise<Measured> {
  const bench = await openBench();
  try {
    await bench.setPace(pace);
    await inParallel(await bench.openRooms(WARM_UP), 4, async (room) => {
      await started(bench, room);
    });
    return await measure(bench, await bench.openRooms(count));
  } finally {
    await bench.close();
  }
}

async function started(bench: Bench, room: string): Promise<number> {
  const { status, body, ms } = await bench.start(room);
  if (status !== 201) throw new Error(`start answered ${String(status)}: ${body}`);
  return ms;
}

async function egressesOf(bench: Bench, room: string): Promise<number> {
  const { body } = await bench.simulate('GET', '/egresses');
  return (JSON.parse(body) as { roomName: string }[]).filter(({ roomName }) => roomName === room).length;
}
