import { readOptions } from '../../src/config/command-line.js';
import { explore } from './explore.js';
import { PLANTED } from './planted.js';
import { createWalker } from './walk.js';
import { type Budgets, NOTHING } from './world.js';

/** Complete searches that take too long for a normal test run, the smallest first. */
const SEARCHES: [string, Partial<Budgets>][] = [
  ['A: a crash, the network, LiveKit', { crashes: 1, network: 1, livekit: 1 }],
  ['A: stop, delete, leave; a crash', { crashes: 1, stops: 1, deletes: 1, leaves: 1 }],
  ['A: stop, delete, leave; the network', { network: 1, stops: 1, deletes: 1, leaves: 1 }],
  ['A: stop, delete, leave; LiveKit', { livekit: 1, stops: 1, deletes: 1, leaves: 1 }],
  ['A: the same, and a stop', { crashes: 1, network: 1, livekit: 1, stops: 1 }],
  ['A and B: a crash', { crashes: 1, seconds: 1, leaves: 1 }],
  ['A and B: the network', { network: 1, seconds: 1, leaves: 1 }],
  ['A and B: LiveKit', { livekit: 1, seconds: 1, leaves: 1 }],
  ['A and B: stop', { stops: 1, seconds: 1, leaves: 1 }],
];
/** The budgets of a random walk, which are too large for a complete search. */
const WALKS: Budgets = { crashes: 2, network: 2, livekit: 1, stops: 1, deletes: 1, seconds: 1, leaves: 1 };

const values = readOptions({
  usage: 'npm run prove --',
  about: 'Searches the model of the whole product for broken invariants, completely at first and then by random walks.',
  options: {
    seeds: { type: 'string', default: '2000', value: 'N', about: 'number of random walks' },
    seed: { type: 'string', value: 'S', about: 'walks this one alone' },
    walks: { type: 'boolean', default: false, about: 'skips the complete searches' },
  },
});

const columns = [38, 10, 11, 9, 9] as const;
const row = (...cells: (string | number)[]) =>
  print(
    cells
      .map((cell, index) => (index === 0 ? String(cell).padEnd(columns[0]) : String(cell).padStart(columns[index] ?? 9)))
      .join(' '),
  );

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(broken: string, events: readonly string[], again: string): void {
  print(`\n${broken}`);
  for (const event of events) print(`  ${event}`);
  print(`again: ${again}\n`);
  process.exitCode = 1;
}

async function searches(): Promise<void> {
  for (const [name, budgets] of SEARCHES) {
    const found = await explore({ budgets: { ...NOTHING, ...budgets } });
    row(name, found.states, found.edges, found.seconds.toFixed(1), found.violation === undefined ? 'holds' : 'BROKEN');
    if (found.violation !== undefined) fail(found.violation.broken, found.violation.events, 'npm run prove');
  }
  for (const { name, rules, budgets, breaks } of PLANTED) {
    const found = await explore({ budgets: { ...NOTHING, ...budgets }, rules });
    const isFound = found.violation !== undefined && breaks.test(found.violation.broken);
    row(
      `planted: ${name}`.slice(0, columns[0]),
      found.states,
      found.edges,
      found.seconds.toFixed(1),
      isFound ? 'found' : 'MISSED',
    );
    if (!isFound) process.exitCode = 1;
  }
}

async function walks(first: number, count: number): Promise<void> {
  const begunAt = performance.now();
  const walker = createWalker();
  let steps = 0;
  let broken = 0;
  for (let seed = first; seed < first + count; seed++) {
    const walked = await walker.walk(seed, WALKS);
    steps += walked.steps;
    if (walked.violation === undefined) continue;
    broken += 1;
    fail(walked.violation.broken, walked.violation.events, `npm run prove -- --seed ${seed}`);
  }
  const seconds = (performance.now() - begunAt) / 1_000;
  row(
    `walks from seed ${first}: ${count}`,
    walker.settling(),
    steps,
    seconds.toFixed(1),
    broken === 0 ? 'hold' : `${broken} BROKEN`,
  );
}

row('search', 'states', 'edges', 'seconds', 'result');
if (values.seed !== undefined) await walks(Number(values.seed), 1);
else {
  if (!values.walks) await searches();
  await walks(Date.now() % 1_000_000, Number(values.seeds));
}
