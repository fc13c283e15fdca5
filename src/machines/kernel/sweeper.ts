import { CLOCK_TOLERANCE_MS } from '../../clock.js';
import { levelOfRetried, toError } from '../../errors.js';
import type { Committer } from './committer.js';
import { taking } from './compose.js';
import type { Deadlines } from './deadlines.js';
import type { ActorEvent, Hosting } from './definition.js';
import type { Observers } from './observers.js';
import type { Outbox } from './outbox.js';

/** The parts of the supervisor that a sweep uses. */
interface Hands<Context extends object, Event extends ActorEvent> {
  committer: Committer<Context>;
  outbox: Outbox<Context, Event>;
  deadlines: Deadlines;
  observers: Observers<Context>;
}

const DUE_BATCH = 256;
const OWING_BATCH = 1_000;

/** Finds the actors that are due and handles them: recovery after a start, retries and missed deadlines. */
export function createSweeper<Context extends object, Event extends ActorEvent>(
  host: Hosting<Context, Event>,
  hands: Hands<Context, Event>,
) {
  const { store, clock, log } = host;
  const { kind } = host.definition;
  let isClockOff = false;
  let stopped = false;
  let cancel: () => void = () => undefined;

  async function isTrusted(): Promise<boolean> {
    const offsetMs = Math.round(await host.clockOffsetMs());
    const isOff = Math.abs(offsetMs) > CLOCK_TOLERANCE_MS;
    if (isOff && !isClockOff) log.error({ kind, offsetMs }, 'not sweeping: the clock is off');
    if (!isOff && isClockOff) log.info({ kind, offsetMs }, 'sweeping again: the clock is right');
    isClockOff = isOff;
    return !isOff;
  }

  /** Sweep once, now. Does nothing while this machine's clock is off: other instances, or a later sweep, do the work. */
  async function sweep(): Promise<void> {
    if (!(await isTrusted())) return;
    const keys = await store.due(clock.now(), DUE_BATCH);
    await Promise.all(keys.map((key) => guarded(key, attend(host, hands, key))));
  }

  /** Never rejects: a failure is logged and left to the next sweep. */
  async function guarded(key: string, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      log[levelOfRetried(error)]({ [kind]: key, err: toError(error) }, 'left to the next sweep');
    }
  }

  function schedule(): void {
    if (stopped) return;
    const jitter = 1 + (host.random() - 0.5) * 0.4;
    cancel = clock.after(host.dueIntervalMs * jitter, () => {
      void sweep()
        .catch((error: unknown) => {
          log[levelOfRetried(error)]({ err: toError(error), kind }, 'sweep failed');
        })
        .finally(schedule);
    });
  }

  return {
    sweep,
    /** Take over all pending effects of all documents, due or not. */
    async inheritAll(): Promise<void> {
      for (let after: string | undefined; ;) {
        const keys = await store.owing(OWING_BATCH, after);
        await Promise.all(keys.map((key) => guarded(key, hands.outbox.takeOver(key, true))));
        after = keys.at(-1);
        if (keys.length < OWING_BATCH) return;
      }
    },
    /** Sweep periodically until stopped. */
    start: schedule,
    stop(): void {
      stopped = true;
      cancel();
    },
  };
}

/** Handles what is due for one actor: a missed deadline, effects with an expired lease, or the removal of its document. */
async function attend<Context extends object, Event extends ActorEvent>(
  { definition, store, clock, log }: Hosting<Context, Event>,
  { committer, outbox, deadlines, observers }: Hands<Context, Event>,
  key: string,
): Promise<void> {
  const document = await store.load(key);
  if (document === undefined || document.tally.machineVersion > definition.version) return;
  const now = clock.now();
  const deadline = definition.deadline?.of(document);
  if (deadline !== undefined && deadline.at <= now && !deadlines.isArmed(key, deadline.generation)) {
    const event = definition.deadline?.passed(deadline.generation, now);
    if (event !== undefined) await committer.commit(key, taking(definition, event));
  }
  if (document.tally.effects.length > 0) {
    await outbox.takeOver(key, false);
    return;
  }
  const removeAt = definition.removeAt(document);
  if (removeAt !== undefined && removeAt <= now && (await store.remove(key, document.tally.version))) {
    log.info({ [definition.kind]: key }, 'removed');
    observers.announce(key);
  }
}
