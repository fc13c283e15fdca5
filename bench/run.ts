import type { Bench } from './benches.js';
import type { Place } from './places/place.js';
import { environment, environmentLine } from './results/environment.js';
import { resultRow } from './results/result-row.js';

/**
 * Measure and print, one line a result.
 *
 * @returns whether every result meets its target
 */
export async function runAll<On extends Place>(
  place: On,
  benches: readonly Bench<On>[],
  { json }: { json: boolean },
): Promise<boolean> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  let ok = true;
  try {
    const about = await environment(place.about);
    print(json ? JSON.stringify(about) : environmentLine(about));
    for (const { run, simulates } of benches) {
      for (const result of [await run(place)].flat()) {
        ok &&= result.ok;
        const shown = { ...result, ...(place.kind === 'real' && simulates ? { livekit: 'simulator' } : {}) };
        print(json ? JSON.stringify(shown) : resultRow(shown));
      }
    }
  } finally {
    await place.close();
  }
  return ok;
}
