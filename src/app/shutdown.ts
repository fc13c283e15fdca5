import { type Clock, TimeLimitError, within } from '../clock.js';
import { doAll } from '../concurrency.js';
import type { Listener } from '../http/server/listener.js';
import type { Scheduler } from '../jobs/scheduler.js';
import type { Logger } from '../logging.js';
import type { Reconciler } from '../machines/reconcile/reconciler.js';
import type { Persistence } from '../persistence/index.js';
import type { Simulator } from '../simulator/index.js';
import type { Machines } from './machines.js';

/** The parts of the app that exist so far. */
export interface Parts {
  listener?: Listener;
  persistence?: Persistence;
  simulator?: Simulator;
  machines?: Machines;
  reconciler?: Reconciler;
  jobs?: Scheduler;
}

/** How long open requests, and then running effects, may take to end, milliseconds. */
const REQUEST_GRACE_MS = 4_000;
const EFFECT_GRACE_MS = 2_000;

/**
 * Stop accepting requests, let running work end, and close all parts, within 10 s, even if closing one of them fails.
 *
 * @throws the first failure
 */
export async function shutDown(parts: Parts, { clock, log }: { clock: Clock; log: Logger }): Promise<void> {
  const { listener, reconciler, jobs, machines, simulator, persistence } = parts;
  await doAll(
    [
      () => Promise.all([listener?.close(REQUEST_GRACE_MS), inTime(() => Promise.all([reconciler?.stop(), jobs?.close()]))]),
      () => Promise.all([machines?.recordings.stop(EFFECT_GRACE_MS), machines?.rooms.stop(EFFECT_GRACE_MS)]),
      async () => simulator?.close(),
      async () => persistence?.close(),
    ],
    log,
  );

  /** Waits only this long for a running reconcile pass or job, because the next process repeats it anyway. */
  async function inTime(stop: () => Promise<unknown>): Promise<void> {
    await within(REQUEST_GRACE_MS, clock, stop).catch((error: unknown) => {
      if (!(error instanceof TimeLimitError)) throw error;
    });
  }
}
