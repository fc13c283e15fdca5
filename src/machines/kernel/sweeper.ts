import { type Clock, CLOCK_TOLERANCE_MS, type SharedClock } from '../../clock.js';
import { toError } from '../../errors.js';
import type { ActorStore } from './actor-store.js';
import type { Log } from '../../logging.js';

export interface SweeperOptions {
  kind: string;
  store: Pick<ActorStore<object>, 'due' | 'owing'>;
  clock: Clock;
  clockOffsetMs: SharedClock['offsetMs'];
  log: Log;
  /** Time between two sweeps, milliseconds; jittered by a fifth. */
  intervalMs: number;
  random: () => number;
  /** What is to be done for an actor that is due. */
  attend(key: string): Promise<void>;
  /** What is to be done for an actor that an earlier process left with an effect. */
  inherit(key: string): Promise<void>;
}

/** Finds the actors that somebody must look at now: start-up recovery, retry and time-out in one. */
export interface Sweeper {
  /** One sweep, now. It does nothing on a machine whose clock is off: others, or this one later, sweep. */
  sweep(): Promise<void>;
  /** Everything that owes an effect, due or not. */
  inheritAll(): Promise<void>;
  /** Sweep again and again, until stopped. */
  start(): void;
  stop(): void;
  /** Work for one key whose failure is left to the next sweep. Never rejects. */
  guarded(key: string, work: Promise<unknown>): Promise<void>;
}

const DUE_BATCH = 256;
const OWING_BATCH = 1_000;

export function createSweeper(options: SweeperOptions): Sweeper {
  const { kind, store, clock, log } = options;
  let isClockOff = false;
  let stopped = false;
  let cancel: () => void = () => undefined;

  async function isTrusted(): Promise<boolean> {
    const offsetMs = Math.round(await options.clockOffsetMs());
    const isOff = Math.abs(offsetMs) > CLOCK_TOLERANCE_MS;
    if (isOff && !isClockOff) log.error({ kind, offsetMs }, 'not sweeping: the clock is off');
    if (!isOff && isClockOff) log.info({ kind, offsetMs }, 'sweeping again: the clock is right');
    isClockOff = isOff;
    return !isOff;
  }

  async function sweep(): Promise<void> {
    if (!(await isTrusted())) return;
    const keys = await store.due(clock.now(), DUE_BATCH);
    await Promise.all(keys.map((key) => guarded(key, options.attend(key))));
  }

  async function guarded(key: string, work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      log.warn({ [kind]: key, err: toError(error) }, 'left to the next sweep');
    }
  }

  function schedule(): void {
    if (stopped) return;
    const jitter = 1 + (options.random() - 0.5) * 0.4;
    cancel = clock.after(options.intervalMs * jitter, () => {
      void sweep()
        .catch((error: unknown) => {
          log.warn({ err: toError(error), kind }, 'sweep failed');
        })
        .finally(schedule);
    });
  }

  return {
    sweep,
    async inheritAll() {
      for (let after: string | undefined; ;) {
        const keys = await store.owing(OWING_BATCH, after);
        await Promise.all(keys.map((key) => guarded(key, options.inherit(key))));
        after = keys.at(-1);
        if (keys.length < OWING_BATCH) return;
      }
    },
    start: schedule,
    stop() {
      stopped = true;
      cancel();
    },
    guarded,
  };
}
