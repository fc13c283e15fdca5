import type { Clock, SharedClock } from '../../clock.js';
import type { Log } from '../../logging.js';
import type { ActorStore } from './actor-store.js';
import { createCommitter, type Created, type Written } from './committer.js';
import { born, taking } from './compose.js';
import { createDeadlines } from './deadlines.js';
import type { ActorDefinition, ActorEvent, EffectHandlers } from './definition.js';
import { type ActorDocument, statePath } from './document.js';
import { createEffectRunner } from './effect-runner.js';
import type { EventBus } from './event-bus.js';
import { createObservers } from './observers.js';
import { createOutbox } from './outbox.js';
import { isReservedEventType } from './step.js';
import { createSweeper } from './sweeper.js';

export interface SupervisorOptions<Context extends object, Event extends ActorEvent> {
  definition: ActorDefinition<Context, Event>;
  handlers: EffectHandlers<Context, Event>;
  store: ActorStore<Context>;
  bus: EventBus;
  clock: Clock;
  /** How far this machine's clock is off the one that `clock` tells, if several processes share the store. Default: not at all. */
  clockOffsetMs?: SharedClock['offsetMs'];
  /** Unique per process run: what an earlier run on this machine left is another instance's. */
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
  create(key: string, input: unknown, source: string, events?: readonly Event[]): Promise<Created<Context>>;
  /**
   * Take in one event.
   *
   * @param onlyIf asked of the fresh document: unless it agrees, the event does nothing
   * @returns undefined when there is no such actor
   * @throws StoreUnavailableError nothing is known to have changed
   */
  send(key: string, event: Event, onlyIf?: (document: ActorDocument<Context>) => boolean): Promise<Sent<Context> | undefined>;
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

/** Each part knows only those before it, and follows what they write. */
export function createSupervisor<Context extends object, Event extends ActorEvent>(
  options: SupervisorOptions<Context, Event>,
): Supervisor<Context, Event> {
  const { definition, handlers, store, bus, clock, instance, log } = options;
  const random = options.random ?? Math.random;
  const clockOffsetMs = options.clockOffsetMs ?? (() => Promise.resolve(0));
  const { kind } = definition;
  const committer = createCommitter({ store, clock, instance, machineVersion: definition.version, random });
  committer.follow((key, written) => logTransitions(log, kind, key, written));
  const outbox = createOutbox({ definition, committer, clock, log });
  const runner = createEffectRunner({ definition, handlers, store, committer, outbox, clock, instance, log });
  const deadlines = createDeadlines({ definition, committer, clock, log });
  const observers = createObservers({ kind, store, bus, clock });
  committer.follow((key, { after, isPast }) => observers.announce(key, isPast ? undefined : after));
  const sweeper = createSweeper({
    ...{ definition, store, committer, outbox, deadlines, observers },
    ...{ clock, clockOffsetMs, log, intervalMs: options.dueIntervalMs, random },
  });

  async function send(
    key: string,
    event: Event,
    onlyIf: (document: ActorDocument<Context>) => boolean = () => true,
  ): Promise<Sent<Context> | undefined> {
    refuseReserved([event]);
    const take = taking(definition, event);
    const committed = await committer.commit(key, (current, stamp) =>
      onlyIf(current.document) ? take(current, stamp) : undefined,
    );
    if (committed === undefined) return undefined;
    if (committed.written) return { before: committed.before, after: committed.after, changed: true };
    const { document } = committed;
    const { type, source } = event;
    log.debug({ [kind]: key, event: type, source, state: statePath(document.tally.state) }, 'event ignored');
    return { before: document, after: document, changed: false };
  }

  return {
    async create(key, input, source, events = []) {
      refuseReserved(events);
      return committer.create(key, (stamp) => born(definition, { input, source, events }, stamp));
    },
    send,
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
      // A save may bring new effects; what cannot be saved now is left to the sweep.
      do await runner.idle();
      while (await outbox.flush());
      await committer.idle();
    },
    async stop(graceMs) {
      sweeper.stop();
      deadlines.stop();
      await runner.stop(graceMs);
      await outbox.flush();
      await committer.idle();
      observers.stop();
    },
  };
}

/** @throws Error an event type is XState's own */
function refuseReserved(events: readonly ActorEvent[]): void {
  const reserved = events.find(({ type }) => isReservedEventType(type));
  if (reserved !== undefined) throw new Error(`event type '${reserved.type}' is reserved`);
}

function logTransitions(log: Log, kind: string, key: string, { after: { tally } }: Written<object>): void {
  for (const { version, from, to, event, source } of tally.history) {
    if (version !== tally.version) continue;
    log.info({ [kind]: key, from, to, event, source, version }, 'transition');
  }
}
