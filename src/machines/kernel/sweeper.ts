import { type Clock, CLOCK_TOLERANCE_MS, type SharedClock } from '../../clock.js';
import { toError } from '../../errors.js';
import type { Log } from '../../logging.js';
import type { ActorStore } from './actor-store.js';
import type { Committer } from './committer.js';
import { taking } from './compose.js';
import type { Deadlines } from './deadlines.js';
import type { ActorDefinition, ActorEvent } from './definition.js';
import type { Observers } from './observers.js';
import type { Outbox } from './outbox.js';

export interface SweeperOptions<Context extends object, Event extends ActorEvent> {
  definition: ActorDefinition<Context, Event>;
  store: Pick<ActorStore<Context>, 'load' | 'remove' | 'due' | 'owing'>;
  committer: Pick<Committer<Context>, 'commit'>;
  outbox: Pick<Outbox<Event>, 'takeOver'>;
  deadlines: Pick<Deadlines, 'isArmed'>;
  observers: Pick<Observers<Context>, 'announce'>;
  clock: Clock;
  clockOffsetMs: SharedClock['offsetMs'];
  log: Log;
  /** Time between two sweeps, milliseconds; jittered by a fifth. */
  intervalMs: number;
  random: () => number;
}

/** Finds the actors that somebody must look at now: start-up recovery, retry and time-out in one. */
export interface Sweeper {
  /** One sweep, now. It does nothing on a machine whose clock is off: others, or this one later, sweep. */
  sweep(): Promise<void>;
  /** Take over everything that owes an effect, due or not. */
  inheritAll(): Promise<void>;
  /** Sweep again and again, until stopped. */
  start(): void;
  stop(): void;
}

const DUE_BATCH = 256;
const OWING_BATCH = 1_000;

export function createSweeper<Context extends object, Event extends ActorEvent>(
  options: SweeperOptions<Context, Event>,
): Sweeper {
  const { store, outbox, clock, log } = options;
  const { kind } = options.definition;
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
    await Promise.all(keys.map((key) => guarded(key, attend(options, key))));
  }

  /** A failure is left to the next sweep: never rejects. */
  async function guarded(key: string, work: Promise<void>): Promise<void> {
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
        await Promise.all(keys.map((key) => guarded(key, outbox.takeOver(key, true))));
        after = keys.at(-1);
        if (keys.length < OWING_BATCH) return;
      }
    },
    start: schedule,
    stop() {
      stopped = true;
      cancel();
    },
  };
}

/** What is due of one actor: a deadline that no instance fired, effects that none works on, or its removal. */
async function attend<Context extends object, Event extends ActorEvent>(
  options: SweeperOptions<Context, Event>,
  key: string,
): Promise<void> {
  const { definition, store, clock } = options;
  const document = await store.load(key);
  if (document === undefined || document.tally.machineVersion > definition.version) return;
  const now = clock.now();
  const deadline = definition.deadline?.of(document);
  if (deadline !== undefined && deadline.at <= now && !options.deadlines.isArmed(key, deadline.generation)) {
    const event = definition.deadline?.passed(deadline.generation, now);
    if (event !== undefined) await options.committer.commit(key, taking(definition, event));
  }
  if (document.tally.effects.length > 0) {
    await options.outbox.takeOver(key, false);
    return;
  }
  const removeAt = definition.removeAt(document);
  if (removeAt !== undefined && removeAt <= now && (await store.remove(key, document.tally.version))) {
    options.log.info({ [definition.kind]: key }, 'removed');
    options.observers.announce(key);
  }
}
