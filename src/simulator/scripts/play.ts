import type { SimulatorClock } from '../clock.js';
import type { Recorder } from '../egress/recorder.js';
import type { Step } from './script.js';

/** Runs these steps and cancels earlier ones. Resolves when they are done or cancelled. */
export type Play = (steps: readonly Step[]) => Promise<void>;

/** Plays the steps of one egress. */
export function createPlay(clock: SimulatorClock, egress: Recorder): Play {
  let latest = 0;
  return async (steps) => {
    const timeline = ++latest;
    for (const { afterMs, run } of steps) {
      if (afterMs > 0) await clock.delay(afterMs);
      if (timeline !== latest) return;
      await run(egress);
      if (timeline !== latest) return;
    }
  };
}
