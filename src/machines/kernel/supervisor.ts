import type { Clock, SharedClock } from '../../clock.js';
import { toError } from '../../errors.js';
import type { ActorStore, CreateResult } from './actor-store.js';
import { type Committed, createCommitter } from './committer.js';
import { compose } from './compose.js';
import { createDeadlines } from './deadlines.js';
import type { ActorDefinition, ActorEvent, EffectHandlers } from './definition.js';
import { type ActorDocument, type PendingEffect, statePath } from './document.js';
import { createEffectRunner } from './effect-runner.js';
import type { EventBus } from './event-bus.js';
import type { Log } from '../../logging.js';
import { createObservers } from './observers.js';
import { createOutbox } from './outbox.js';
import { firstStep, isReservedEventType, nextStep, type Step } from './step.js';
import { createSweeper } from './sweeper.js';

export interface SupervisorOptions<Context extends object, Event extends ActorEvent> {
  definition: ActorDefinition<Context, Event>;
  handlers: EffectHandlers<Context, Event>;
  store: ActorStore<Context>;
  bus: EventBus;
  clock: Clock;
  /** How far this machine's clock is off the one that `clock` tells, if several processes share the store. Default: not at all. */
  clockOffsetMs?: SharedClock['offsetMs'];
  /** Unique per process run: what an earlier run of this machine left is another instance's. */
  instance: string;
  log: Log;
  /** Time between two sweeps, milliseconds; jittered by a fifth. */
  dueIntervalMs: number;
  /** This process is the only one on its store: it takes over what earlier ones left at once, without waiting for leases. */
  exclusive: boolean;
  random?: () => number;
}

/** What one event did: the fresh document it was decided on, and what is stored now (the same when it changed nothing). */
export interface Sent<Context extends object> {
  before: ActorDocument<Context>;
  after: ActorDocument<Context>;
  changed: boolean;
}

/** Hosts the actors of one kind: every change is load, compute, save, and only then effects. */
export interface Supervisor<Context extends object, Event extends ActorEvent> {
  /**
   * Store a new actor.
   *
   * @param source where the wish comes from, as in an event: for the history only
   * @param events taken in before that one write
   */
  create(
    key: string,
    input: unknown,
    source: string,
    events?: readonly Event[],
  ): Promise<CreateResult & { document: ActorDocument<Context> }>;
  /**
   * Take in one event.
   *
   * @param onlyIf asked of the fresh document: unless it agrees, the event does nothing
   * @returns undefined when there is no such actor
   * @throws StoreUnavailableError nothing is known to have changed
   */
  send(key: string, event: Event, onlyIf?: (document: ActorDocument<Context>) => boolean): Promise<Sent<Context> | undefined>;
  /** Take in, in this order and in one save, what is known together. */
  sendAll(key: string, events: readonly Event[]): Promise<Sent<Context> | undefined>;
  load(key: string): Promise<ActorDocument<Context> | undefined>;
  /**
   * Wait until the stored document satisfies a predicate; resolves with the newest one read, which may not satisfy it
   * when the time is over, or undefined when the document is gone.
   *
   * @param seen what was committed this very instant, so that it need not be read
   */
  observe(
    key: string,
    until: (document: ActorDocument<Context>) => boolean,
    timeoutMs: number,
    seen?: ActorDocument<Context>,
  ): Promise<ActorDocument<Context> | undefined>;
  /** Take over what earlier processes left, then sweep for what is due until stopped. */
  start(): Promise<void>;
  /** One sweep, now. */
  sweep(): Promise<void>;
  /** Resolves when no event is being taken in and no effect runs. */
  idle(): Promise<void>;
  /** Stop sweeping and starting effects; let running ones finish for this many milliseconds. */
  stop(graceMs: number): Promise<void>;
}

export function createSupervisor<Context extends object, Event extends ActorEvent>(
  options: SupervisorOptions<Context, Event>,
): Supervisor<Context, Event> {
  const { definition, store, bus, clock, instance, log } = options;
  const random = options.random ?? Math.random;
  const { kind } = definition;
  const committer = createCommitter({ store, clock, instance, machineVersion: definition.version, random });
  const runner = createEffectRunner({
    definition,
    handlers: options.handlers,
    store,
    saves: { settle, amend: (key, effect, change) => outbox.amend(key, effect, change) },
    clock,
    instance,
    log,
  });
  const deadlines = createDeadlines<Context, Event>({ definition, clock, fire: fireDeadline });
  const sweeper = createSweeper({
    kind,
    store,
    clock,
    clockOffsetMs: options.clockOffsetMs ?? (() => Promise.resolve(0)),
    log,
    intervalMs: options.dueIntervalMs,
    random,
    attend,
    inherit: (key) => outbox.takeOver(key, true),
  });
  const observers = createObservers({ kind, store, bus, clock });
  const stampOf = (nonce: string) => ({ now: clock.now(), instance, nonce });
  const outbox = createOutbox({
    definition,
    committer,
    clock,
    stampOf,
    onSaved: (key, committed) => {
      publish(key, committed, false);
    },
    guarded: (key, work) => sweeper.guarded(key, work),
  });

  function publish(key: string, committed: Committed<Context>, fresh: boolean): void {
    runner.adopt(key, { ...committed, after: outbox.strip(key, committed.after) }, fresh);
    deadlines.arm(key, committed.after);
    observers.tell(key, committed.isPast ? undefined : committed.after);
    bus.publish({ kind, key });
  }

  async function fireDeadline(key: string, event: Event): Promise<void> {
    await sendAll(key, [event]).catch((error: unknown) => {
      log.warn({ [kind]: key, err: toError(error) }, 'deadline left to the sweep');
    });
  }

  function logStep(key: string, before: ActorDocument<Context>, after: ActorDocument<Context>, event: ActorEvent): void {
    const fields = { [kind]: key, from: statePath(before.tally.state), to: statePath(after.tally.state) };
    log.info({ ...fields, event: event.type, source: event.source, version: after.tally.version }, 'transition');
  }

  async function sendAll(
    key: string,
    events: readonly Event[],
    onlyIf?: (document: ActorDocument<Context>) => boolean,
  ): Promise<Sent<Context> | undefined> {
    const reserved = events.find(({ type }) => isReservedEventType(type));
    if (reserved !== undefined) throw new Error(`event type '${reserved.type}' is reserved`);
    let taken: Taken | undefined;
    const committed = await outbox.commit(key, (document, nonce) => {
      taken = onlyIf?.(document) === false ? undefined : takeIn(document, events, nonce);
      return taken;
    });
    if (committed === undefined) return undefined;
    const changed = committed.after !== committed.before;
    if (changed) {
      for (const { before, after, event } of taken?.steps ?? []) logStep(key, before, after, event);
      publish(key, committed, true);
    } else {
      const ignored = events.map(({ type, source }) => ({ event: type, source }));
      log.debug({ [kind]: key, ignored, state: statePath(committed.after.tally.state) }, 'event ignored');
    }
    return { before: committed.before, after: committed.after, changed };
  }

  interface Taken {
    next: ActorDocument<Context>;
    durable: boolean;
    /** Those that changed something. */
    steps: { before: ActorDocument<Context>; after: ActorDocument<Context>; event: Event }[];
  }

  /** The next version, of all that the events change. @returns undefined when they change nothing */
  function takeIn(stored: ActorDocument<Context>, events: readonly Event[], nonce: string): Taken | undefined {
    const steps: Taken['steps'] = [];
    let durable = false;
    let next = stored;
    for (const event of events) {
      const before = next;
      const step = nextStep(definition, before, event);
      if (!step.changed) continue;
      next = compose(definition, before, step, event, stampOf(nonce), stored);
      durable ||= isDurable(before, step);
      steps.push({ before, after: next, event });
    }
    return steps.length === 0 ? undefined : { next, durable, steps };
  }

  /** A result and the end of its effect are one save; without news the end waits for another save to ride on. */
  async function settle(key: string, { effect, result }: { effect: PendingEffect; result: Event | undefined }): Promise<void> {
    if (result !== undefined) {
      const committed = await outbox.commit(key, (document, nonce) => {
        const step = nextStep(definition, document, result);
        if (!step.changed) return undefined;
        const effects = document.tally.effects.filter((owed) => owed.key !== effect.key || owed.since !== effect.since);
        const settled = { ...document, tally: { ...document.tally, effects } };
        return { next: compose(definition, settled, step, result, stampOf(nonce)), durable: isDurable(document, step) };
      });
      if (committed !== undefined && committed.after !== committed.before) {
        logStep(key, committed.before, committed.after, result);
        publish(key, committed, true);
        return;
      }
    }
    outbox.end(key, effect);
  }

  /** What is due of one actor: a deadline that nobody fired, effects that nobody works on, or its removal. */
  async function attend(key: string): Promise<void> {
    const document = await store.load(key);
    if (document === undefined || document.tally.machineVersion > definition.version) return;
    const now = clock.now();
    const deadline = definition.deadlineOf(document);
    if (deadline !== undefined && deadline.at <= now && !deadlines.isArmed(key, deadline.generation)) {
      await sendAll(key, [definition.deadlinePassed(deadline.generation, now)]);
    }
    if (document.tally.effects.length > 0) {
      await (outbox.strip(key, document) === document ? outbox.takeOver(key, false) : outbox.flush(key));
      return;
    }
    const removeAt = definition.removeAt(document);
    if (removeAt !== undefined && removeAt <= now && (await store.remove(key, document.tally.version))) {
      log.info({ [kind]: key }, 'removed');
      bus.publish({ kind, key });
    }
  }

  function isDurable(before: ActorDocument<Context>, step: Step<Context>): boolean {
    return step.settled && statePath(step.state) !== statePath(before.tally.state);
  }

  return {
    async create(key, input, source, events = []) {
      const result = await committer.create(key, (nonce) => {
        const begin = compose(definition, undefined, firstStep(definition, input), { type: 'create', source }, stampOf(nonce));
        return events.reduce((document, event) => {
          const step = nextStep(definition, document, event);
          return step.changed ? compose(definition, document, step, event, stampOf(nonce), null) : document;
        }, begin);
      });
      if (result.created) {
        const { document, begunAt, isPast } = result;
        log.info({ [kind]: key, to: statePath(document.tally.state) }, 'created');
        publish(key, { before: document, after: document, begunAt, ...(isPast && { isPast }) }, true);
      }
      return result;
    },
    send: (key, event, onlyIf) => sendAll(key, [event], onlyIf),
    sendAll: (key, events) => sendAll(key, events),
    load: (key) => store.load(key),
    observe: (key, until, timeoutMs, seen) => observers.observe(key, until, timeoutMs, seen),
    async start() {
      if (options.exclusive) await sweeper.inheritAll();
      await sweeper.sweep();
      sweeper.start();
    },
    sweep: () => sweeper.sweep(),
    async idle() {
      await committer.idle();
      await runner.idle();
      // A save may bring new effects; what cannot be saved now is left to the sweep.
      for (let before = Infinity; outbox.waiting() > 0 && outbox.waiting() < before;) {
        before = outbox.waiting();
        await outbox.flushAll();
        await runner.idle();
      }
      await committer.idle();
    },
    async stop(graceMs) {
      sweeper.stop();
      deadlines.stop();
      await runner.stop(graceMs);
      await outbox.flushAll();
      await committer.idle();
      observers.stop();
    },
  };
}
