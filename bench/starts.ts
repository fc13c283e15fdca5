import { inParallel } from './http-client.js';
import { type Bench, openBench } from './processes.js';
import { median, type Result } from './result.js';

const WARM_UP = 500;
const SEQUENTIAL = 300;
const PARALLEL = 600;
const CONTENDERS = 200;
const ROUNDS = 5;
/** LiveKit accepts at once and records after this time, instead of some five seconds later. */
const paced = (delayMs: number) => ({ name: 'slow-start', delayMs });
const AT_ONCE = { name: 'happy' };

/** What Tally adds to LiveKit's own time: from the request to the 201, less the time from LiveKit's acceptance to ACTIVE. */
export async function startOverhead(): Promise<Result> {
  return withRooms(SEQUENTIAL, paced(10), async (bench, rooms) => {
    const totals = new Map<string, number>();
    for (const room of rooms) totals.set(room, await started(bench, room));
    const samples = await overheads(bench, totals);
    return median({ name: 'start_overhead_ms', unit: 'ms', target: 5, op: '<=' }, samples);
  });
}

export async function startOverhead10(): Promise<Result> {
  return withRooms(PARALLEL, paced(50), async (bench, rooms) => {
    const totals = new Map<string, number>();
    await inParallel(rooms, 10, async (room) => void totals.set(room, await started(bench, room)));
    const samples = await overheads(bench, totals);
    return median({ name: 'start_overhead_10_ms', unit: 'ms', target: 20, op: '<=' }, samples);
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

async function withRooms(
  count: number,
  pace: { name: string; delayMs?: number },
  measure: (bench: Bench, rooms: string[]) => Promise<Result>,
): Promise<Result> {
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

interface Truth {
  roomName: string;
  states: { status: string; at: number }[];
}

async function overheads(bench: Bench, totals: ReadonlyMap<string, number>): Promise<number[]> {
  const { body } = await bench.simulate('GET', '/egresses');
  return (JSON.parse(body) as Truth[]).flatMap(({ roomName, states }) => {
    const total = totals.get(roomName);
    const [accepted, active] = states;
    return total === undefined || accepted === undefined || active === undefined ? [] : [total - (active.at - accepted.at)];
  });
}

async function egressesOf(bench: Bench, room: string): Promise<number> {
  const { body } = await bench.simulate('GET', '/egresses');
  return (JSON.parse(body) as { roomName: string }[]).filter(({ roomName }) => roomName === room).length;
}
