import { type Clock, sleep, TimeLimitError, within } from '../clock.js';
import { doAll } from '../concurrency.js';
import { StoppingError } from '../errors.js';
import type { Drain } from '../http/server/drain.js';
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
  /** Present once requests are served. */
  drain?: Drain;
  persistence?: Persistence;
  simulator?: Simulator;
  machines?: Machines;
  reconciler?: Reconciler;
  jobs?: Scheduler;
}

export interface ShutdownOptions {
  clock: Clock;
  log: Logger;
  /** How long requests are still served, so that balancers notice that the instance stops, milliseconds. */
  drainMs: number;
  /** Aborted when the starts under way must be answered at once. */
  leaving: AbortController;
}

/** When the starts under way must be answered, and when the effects must have ended, milliseconds after the call. */
const ANSWERED_AFTER_MS = 8_000;
const DONE_AFTER_MS = 8_800;
/** How long the remaining requests, and then running effects, may take to end, milliseconds. */
const REQUEST_GRACE_MS = 4_000;
const EFFECT_GRACE_MS = 2_000;
/** The shortest such time: enough to send the answers that are ready. */
const LEAST_GRACE_MS = 500;

/**
 * Stop accepting requests, let running work end, and close all parts, within 10 s, even if closing one of them fails.
 *
 * @throws the first failure
 */
export async function shutDown(parts: Parts, { clock, log, drainMs, leaving }: ShutdownOptions): Promise<void> {
  const { listener, drain, reconciler, jobs, machines, simulator, persistence } = parts;
  const begunAt = clock.monotonic();
  const untilMs = (afterMs: number, mostMs: number) =>
    Math.min(Math.max(begunAt + afterMs - clock.monotonic(), LEAST_GRACE_MS), mostMs);
  await doAll(
    [
      () =>
        together([
          closePort,
          () => inTime(REQUEST_GRACE_MS, async () => reconciler?.stop()),
          () => inTime(REQUEST_GRACE_MS, async () => jobs?.close()),
        ]),
      () => {
        const graceMs = untilMs(DONE_AFTER_MS, EFFECT_GRACE_MS);
        return together([async () => machines?.recordings.stop(graceMs), async () => machines?.rooms.stop(graceMs)]);
      },
      async () => simulator?.close(),
      async () => persistence?.close(),
    ],
    log,
  );

  /** A part that fails must not let the next step begin: the port may still serve starts. */
  function together(parts: readonly (() => Promise<unknown>)[]): Promise<void> {
    return doAll(parts, log, parts.length);
  }

  async function closePort(): Promise<void> {
    if (drain !== undefined) {
      listener?.leave();
      drain.announce();
      if (drainMs > 0) await sleep(drainMs, clock);
      await inTime(untilMs(ANSWERED_AFTER_MS, ANSWERED_AFTER_MS), () => drain.finish());
    }
    leaving.abort(new StoppingError());
    await listener?.close(untilMs(ANSWERED_AFTER_MS, REQUEST_GRACE_MS));
  }

  /** Waits only this long: the next process repeats a running reconcile pass or job anyway. */
  async function inTime(limitMs: number, work: () => Promise<unknown>): Promise<void> {
    await within(limitMs, clock, work).catch((error: unknown) => {
      if (!(error instanceof TimeLimitError)) throw error;
    });
  }
}
