import { createApp } from '../../src/app/app.js';
import { parseConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/logging.js';
import { inParallel } from '../lab/http-client.js';
import { openLab } from '../lab/lab.js';
import type { Place } from '../places/place.js';
import { type Result, single } from '../results/result.js';
import { openSimulator } from '../places/simulator.js';

const LIVE = 10_000;

/** Measure the memory of each of 10 000 live recordings in one process, and one reconcile pass over all of them. */
export async function live(place: Place): Promise<Result[]> {
  const lab = await openLab(place, { openLiveKit: openSimulator });
  await lab.killTally();
  const count = place.count(LIVE);
  const config = parseConfig({ ...lab.env, MEET_LOG_LEVEL: 'error', TALLY_RECONCILE_INTERVAL_MS: '600000' });
  const app = await createApp(config, { log: createLogger({ level: 'error', name: 'bench' }) });
  try {
    const rooms = await lab.openRooms(count);
    await settle(app);
    const before = heapBytes();
    await inParallel(rooms, 16, async (room) => {
      await lab.record(room);
    });
    await settle(app);
    const perLive = (heapBytes() - before) / count / 1_024;
    const begunAt = performance.now();
    const summary = await app.reconciler.pass();
    const seconds = (performance.now() - begunAt) / 1_000;
    if (summary.live !== count || summary.suspects !== 0) throw new Error(`the pass saw ${JSON.stringify(summary)}`);
    return [
      single({ name: 'memory_per_live_kb', unit: 'kB', target: 10, op: '<=' }, perLive, count),
      single({ name: 'sweep_10k_s', unit: 's', target: 5, op: '<=' }, seconds, 1),
    ];
  } finally {
    await app.close();
    await lab.close();
  }
}

async function settle(app: { idle(): Promise<void> }): Promise<void> {
  await app.idle();
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function heapBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
