import { readOptions } from '../src/config/command-line.js';
import { choose, EMBEDDED, REAL } from './benches.js';
import { printComparison } from './compare/print-comparison.js';
import { embeddedPlace } from './places/place.js';
import { realPlace } from './places/real-place.js';
import { runAll } from './run.js';

/** @returns whether every figure reaches its target */
async function main(): Promise<boolean> {
  const values = readOptions({
    usage: 'npm run bench --',
    about: 'Measures Tally and compares each figure with its target.',
    options: {
      json: { type: 'boolean', default: false, about: 'prints one JSON object a line' },
      only: { type: 'string', value: 'NAME,NAME', about: 'measures these figures only' },
      real: { type: 'boolean', default: false, about: 'measures on MongoDB, Redis, MinIO and LiveKit' },
      scale: { type: 'string', default: '1', value: 'X', about: 'does less: a number above 0, at most 1' },
      compare: { type: 'string', value: 'REF', about: 'measures this commit and the files as they are in turns' },
    },
  });
  const { json, real, compare: ref } = values;
  const only = values.only?.split(',');
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 1)) throw new Error(`--scale is more than 0 and at most 1, not '${values.scale}'`);
  const count = (full: number) => Math.max(1, Math.round(full * scale));

  if (ref !== undefined) {
    const groups = choose(real ? REAL : EMBEDDED, only).map(({ names }) => names);
    const passedOn = [...(real ? ['--real'] : []), '--scale', values.scale];
    return printComparison({ ref, groups, passedOn }, { json });
  }
  if (real) {
    const benches = choose(REAL, only);
    return runAll(await realPlace(count), benches, { json });
  }
  return runAll(embeddedPlace(count), choose(EMBEDDED, only), { json });
}

try {
  if (!(await main())) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
