import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createApp } from '../src/app.js';
import { parseConfig } from '../src/config.js';
import { createLogger } from '../src/logging.js';
import { inParallel } from './http-client.js';
import { API_KEY, LIVEKIT_KEY, LIVEKIT_SECRET, openBench } from './processes.js';
import { type Result, single } from './result.js';

const LIVE = 10_000;

/** 10 000 live recordings in one process: what each keeps in memory, and one reconcile pass over all of them. */
export async function live(): Promise<Result[]> {
  const lab = await openBench();
  await lab.killTally();
  const folder = await mkdtemp(path.join(tmpdir(), 'tally-live-'));
  const config = parseConfig({
    SERVER_PORT: new URL(lab.tallyUrl).port,
    TALLY_DATA_DIR: folder,
    MEET_INITIAL_API_KEY: API_KEY,
    MEET_LOG_LEVEL: 'error',
    LIVEKIT_URL: lab.simulatorUrl,
    LIVEKIT_API_KEY: LIVEKIT_KEY,
    LIVEKIT_API_SECRET: LIVEKIT_SECRET,
    TALLY_RECONCILE_INTERVAL_MS: '600000',
  });
  const app = await createApp(config, { log: createLogger({ level: 'error', name: 'bench' }) });
  try {
    const rooms = await lab.openRooms(LIVE);
    await settle(app);
    const before = heapBytes();
    await inParallel(rooms, 16, async (room) => {
      const { status, body } = await lab.start(room);
      if (status !== 201) throw new Error(`start answered ${String(status)}: ${body}`);
    });
    await settle(app);
    const perLive = (heapBytes() - before) / LIVE / 1_024;
    const begunAt = performance.now();
    const summary = await app.reconciler.pass();
    const seconds = (performance.now() - begunAt) / 1_000;
    if (summary.live !== LIVE || summary.suspects !== 0) throw new Error(`the pass saw ${JSON.stringify(summary)}`);
    return [
      single({ name: 'memory_per_live_kb', unit: 'kB', target: 10, op: '<=' }, perLive, LIVE),
      single({ name: 'sweep_10k_s', unit: 's', target: 5, op: '<=' }, seconds, 1),
    ];
  } finally {
    await app.close();
    await lab.close();
    await rm(folder, { recursive: true, force: true });
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
