import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { bigLists } from './measures/big-lists.js';
import { listPages } from './measures/lists.js';
import { live } from './measures/live.js';
import { media } from './measures/media.js';
import { embeddedPlace, type Place } from './places/place.js';
import { type RealPlace, realPlace } from './places/real-place.js';
import { recovery } from './measures/recovery.js';
import type { Result } from './results/result.js';
import { contention, startOverhead, startOverhead10 } from './measures/starts.js';
import { webhooks } from './measures/webhooks.js';

interface Bench<On extends Place = Place> {
  names: string[];
  run: (place: On) => Promise<Result | Result[]>;
  /** On real servers too it has the simulator in LiveKit's place: thousands of recordings at once are too much for one machine. */
  simulates?: true;
}

const EVERYWHERE: readonly Bench[] = [
  { names: ['start_overhead_ms'], run: startOverhead },
  { names: ['start_overhead_10_ms'], run: startOverhead10 },
  { names: ['contention_200_ms'], run: contention },
  { names: ['webhooks_per_s', 'webhook_mongo_ops'], run: webhooks, simulates: true },
  { names: ['memory_per_live_kb', 'sweep_10k_s'], run: live, simulates: true },
  { names: ['recovery_1000_s'], run: recovery, simulates: true },
];
const EMBEDDED: readonly Bench[] = [{ names: ['list_page100_ratio'], run: listPages, simulates: true }];
const REAL: readonly Bench<RealPlace>[] = [
  { names: ['list_1m_ratio', 'list_per_s', 'get_per_s'], run: bigLists, simulates: true },
  { names: ['media_seek_ms', 'media_ratio', 'media_first_byte_ms', 'stream_memory_kb'], run: media, simulates: true },
];

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    real: { type: 'boolean', default: false },
    scale: { type: 'string', default: '1' },
  },
});

async function environment({ about }: Place) {
  const { version, dependencies } = JSON.parse(
    await readFile(path.join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'),
  ) as { version: string; dependencies: Record<string, string> };
  const { lmdb, mongoose, ioredis, xstate } = dependencies;
  return {
    name: 'environment',
    ...about,
    ...{ tally: version, node: process.version, lmdb, mongoose, ioredis, xstate },
    ...{ date: new Date().toISOString(), cpu: cpus()[0]?.model.trim(), cores: cpus().length },
    memoryGb: Math.round(totalmem() / 2 ** 30),
  };
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function printRow({ name, value, unit, op, target, ok, n, p5, p95, livekit }: Result & { livekit?: string }): void {
  const spread = p5 === undefined ? '' : `p5 ${String(p5)}, p95 ${String(p95)}`;
  print(
    [
      name.padEnd(22),
      `${String(value)} ${unit}`.padEnd(14),
      `${op} ${String(target)}`.padEnd(9),
      ok ? 'ok  ' : 'MISS',
      `n ${String(n)}`.padEnd(7),
      spread,
      livekit === undefined ? '' : `(${livekit})`,
    ]
      .join('  ')
      .trimEnd(),
  );
}

function fail(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

/** The benches that are wanted, each on what it needs. */
function choose<On extends Place>(benches: readonly Bench<On>[]): readonly Bench<On>[] {
  const only = values.only?.split(',');
  const wanted = benches.filter(({ names }) => only === undefined || names.some((name) => only.includes(name)));
  if (wanted.length > 0) return wanted;
  return fail(`no bench '${String(values.only)}'; there are ${benches.flatMap(({ names }) => names).join(', ')}`);
}

async function runAll<On extends Place>(place: On, benches: readonly Bench<On>[]): Promise<void> {
  try {
    const about = await environment(place);
    const line = Object.entries(about).map(([key, value]) => `${key} ${String(value)}`);
    print(values.json ? JSON.stringify(about) : line.slice(1).join(' · '));
    for (const { run, simulates } of benches) {
      for (const result of [await run(place)].flat()) {
        if (!result.ok) process.exitCode = 1;
        const shown = { ...result, ...(place.kind === 'real' && simulates ? { livekit: 'simulator' } : {}) };
        if (values.json) print(JSON.stringify(shown));
        else printRow(shown);
      }
    }
  } finally {
    await place.close();
  }
}

const scale = Number(values.scale);
if (!(scale > 0 && scale <= 1)) fail(`--scale is more than 0 and at most 1, not '${values.scale}'`);
const count = (full: number) => Math.max(1, Math.round(full * scale));

if (values.real) {
  const benches = choose<RealPlace>([...EVERYWHERE, ...REAL]);
  await runAll(await realPlace(count), benches);
} else {
  await runAll(embeddedPlace(count), choose([...EVERYWHERE, ...EMBEDDED]));
}
