import { parseArgs } from 'node:util';

import { choose, EMBEDDED, REAL } from './benches.js';
import { printComparison } from './compare/print-comparison.js';
import { embeddedPlace } from './places/place.js';
import { realPlace } from './places/real-place.js';
import { runAll } from './run.js';

/** @returns whether every figure reaches its target */
async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string' },
      real: { type: 'boolean', default: false },
      scale: { type: 'string', default: '1' },
      compare: { type: 'string' },
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
