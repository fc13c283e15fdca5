import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { listPages } from './lists.js';
import { live } from './live.js';
import { recovery } from './recovery.js';
import type { Result } from './result.js';
import { contention, startOverhead, startOverhead10 } from './starts.js';
import { webhooks } from './webhooks.js';

const BENCHES: readonly { names: string[]; run: () => Promise<Result | Result[]> }[] = [
  { names: ['start_overhead_ms'], run: startOverhead },
  { names: ['start_overhead_10_ms'], run: startOverhead10 },
  { names: ['contention_200_ms'], run: contention },
  { names: ['webhooks_per_s'], run: webhooks },
  { names: ['memory_per_live_kb', 'sweep_10k_s'], run: live },
  { names: ['list_page100_ratio'], run: listPages },
  { names: ['recovery_1000_s'], run: recovery },
];

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, only: { type: 'string' } } });

async function environment() {
  const { version, dependencies } = JSON.parse(
    await readFile(path.join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'),
  ) as { version: string; dependencies: Record<string, string> };
  const { lmdb, xstate } = dependencies;
  return {
    name: 'environment',
    ...{ store: 'embedded', locks: 'embedded', media: 'embedded', livekit: 'simulator' },
    ...{ tally: version, node: process.version, lmdb, xstate, cpu: cpus()[0]?.model.trim(), cores: cpus().length },
    memoryGb: Math.round(totalmem() / 2 ** 30),
  };
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function printRow({ name, value, unit, op, target, ok, n, p5, p95 }: Result): void {
  const spread = p5 === undefined ? '' : `p5 ${String(p5)}, p95 ${String(p95)}`;
  print(
    [
      name.padEnd(22),
      `${String(value)} ${unit}`.padEnd(14),
      `${op} ${String(target)}`.padEnd(9),
      ok ? 'ok  ' : 'MISS',
      `n ${String(n)}`,
      spread,
    ].join('  '),
  );
}

const wanted = BENCHES.filter(({ names }) => values.only === undefined || names.includes(values.only));
if (wanted.length === 0) {
  process.stderr.write(`no bench '${String(values.only)}'; there are ${BENCHES.flatMap(({ names }) => names).join(', ')}\n`);
  process.exit(1);
}
const about = await environment();
print(
  values.json
    ? JSON.stringify(about)
    : Object.entries(about)
        .map(([key, value]) => `${key} ${String(value)}`)
        .slice(1)
        .join(' · '),
);
let missed = 0;
for (const { run } of wanted) {
  for (const result of [await run()].flat()) {
    if (!result.ok) missed += 1;
    if (values.json) print(JSON.stringify(result));
    else printRow(result);
  }
}
process.exitCode = missed === 0 ? 0 : 1;
