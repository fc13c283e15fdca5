import { fileURLToPath } from 'node:url';

import Bree from 'bree';

import { toError } from '../errors.js';
import type { Logger } from '../logging.js';

export interface TickerOptions {
  rounds: readonly { name: string; intervalMs: number }[];
  onTick: (name: string) => void;
  log: Logger;
}

export type Ticker = ReturnType<typeof createTicker>;

const TICK = fileURLToPath(new URL('./tick.mjs', import.meta.url));

/** Calls `onTick` with the name of each round at its interval; the first time one interval after the start. */
export function createTicker({ rounds, onTick, log }: TickerOptions) {
  const lost = (error: unknown) => log.warn({ err: toError(error) }, 'a tick is lost');
  const bree = new Bree({
    root: false,
    logger: false,
    errorHandler: lost,
    workerMessageHandler: ({ name }) => onTick(name),
    jobs: rounds.map(({ name, intervalMs }) => ({
      name,
      path: TICK,
      interval: intervalMs,
      // `eval: false` because Bree treats a path with a `+` or a `#` as code. The thread needs none of our loaders.
      worker: { eval: false, execArgv: [] },
    })),
  });
  const run = bree.run;
  // Bree's timers call `run` without a catch, and the operating system may refuse to start a thread.
  bree.run = (name) => run(name).catch(lost);

  return {
    start: () => bree.start(),
    /** Stop the ticks; resolves when their threads have ended. */
    stop: () => bree.stop(),
  };
}
