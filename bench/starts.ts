import { inParallel } from './http-client.js';
import { type Bench, openBench } from './processes.js';
import { median, type Result } from './result.js';

const WARM_UP = 100;
const SEQUENTIAL = 300;
const PARALLEL = 600;
const CONTENDERS = 200;
const ROUNDS = 5;

/** From the request to the 201, LiveKit answering and recording at once: all that is left is ours and the calls themselves. */
export async function startOverhead(): Promise<Result> {
  return withRooms(SEQUENTIAL, async (bench, rooms) => {
    const samples: number[] = [];
    for (const room of rooms) samples.push(await started(bench, room));
    return median({ name: 'start_overhead_ms', unit: 'ms', target: 5, op: '<=' }, samples);
  });
}

export async function startOverhead10(): Promise<Result> {
  return withRooms(PARALLEL, async (bench, rooms) => {
    const samples: number[] = [];
    await inParallel(rooms, 10, async (room) => void samples.push(await started(bench, room)));
    return median({ name: 'start_overhead_10_ms', unit: 'ms', target: 20, op: '<=' }, samples);
  });
}

/** 200 starts in one room at once: until the last one is answered. */
export async function contention(): Promise<Result> {
  return withRooms(ROUNDS, async (bench, rooms) => {
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

async function withRooms(count: number, measure: (bench: Bench, rooms: string[]) => Promise<Result>): Promise<Result> {
  const bench = await openBench();
  try {
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
