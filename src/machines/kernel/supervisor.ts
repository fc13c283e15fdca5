import type { Log } from '../../logging.js';
import { type Committed, createCommitter, type Created, type Written } from './committer.js';
import { born, taking } from './compose.js';
import { createDeadlines } from './deadlines.js';
import type { ActorEvent, Hosting } from './definition.js';
import { type ActorDocument, statePath } from './document.js';
import { createEffectRunner } from './effect-runner.js';
import { createObservers } from './observers.js';
import { createOutbox } from './outbox.js';
import { isReservedEventType } from './step.js';
import { createSweeper } from './sweeper.js';

/** `random` is `Math.random` unless a test says otherwise; a process that is alone keeps its own time, which is never off. */
export type SupervisorOptions<Context extends object, Event extends ActorEvent> = Omit<Hosting<Context, Event>, Defaults> &
  Partial<Pick<Hosting<Context, Event>, Defaults>>;
type Defaults = 'random' | 'clockOffsetMs';

export type Supervisor<Context extends object, Event extends ActorEvent> = ReturnType<typeof createSupervisor<Context, Event>>;

/**
 * Hosts the actors of one kind: every change is load, compute, save, and only then effects. Each part knows only those before it,
 * and follows what they write.
 */
export function createSupervisor<Context extends object, Event extends ActorEvent>(options: SupervisorOptions<Context, Event>) {
  const host: Hosting<Context, Event> = { random: Math.random, clockOffsetMs: async () => 0, ...options };
  const { definition, store, clock, instance, log, random } = host;
  const { kind } = definition;
  const committer = createCommitter({ store, clock, instance, machineVersion: definition.version, random });
  committer.follow((key, written) => logTransitions(log, kind, key, written));
  const outbox = createOutbox(host, committer);
  const runner = createEffectRunner(host, committer, outbox);
  const deadlines = createDeadlines(host, committer);
  const observers = createObservers(host);
  committer.follow((key, { after, isPast }) => observers.announce(key, isPast ? undefined : after));
  const sweeper = createSweeper(host, { committer, outbox, deadlines, observers });

  /**
   * Take in one event.
   *
   * @param onlyIf asked of the fresh document: unless it agrees, the event does nothing
   * @returns undefined when there is no such actor
   * @throws StoreUnavailableError nothing is known to have changed
   */
  async function send(
    key: string,
    event: Event,
    onlyIf: (document: ActorDocument<Context>) => boolean = () => true,
  ): Promise<Committed<Context> | undefined> {
    refuseReserved([event]);
    const take = taking(definition, event);
    const committed = await committer.commit(key, (current, stamp) =>
      onlyIf(current.document) ? take(current, stamp) : undefined,
    );
    if (committed?.changed === false) {
      const { type, source } = event;
      log.debug({ [kind]: key, event: type, source, state: statePath(committed.after.tally.state) }, 'event ignored');
    }
    return committed;
  }

  return {
    /**
     * Store a new actor.
     *
     * @param source where the wish comes from, as in an event: for the history only
     * @param events taken in before that one write
     */
    async create(key: string, input: unknown, source: string, events: readonly Event[] = []): Promise<Created<Context>> {
      refuseReserved(events);
      return committer.create(key, (stamp) => born(definition, { input, source, events }, stamp));
    },
    send,
    load: (key: string) => store.load(key),
    observe: observers.observe,
    /** Take over what earlier processes left, then sweep for what is due until stopped. */
    async start(): Promise<void> {
      if (host.exclusive) await sweeper.inheritAll();
      await sweeper.sweep();
      sweeper.start();
    },
    sweep: sweeper.sweep,
    /** Resolves when no event is being taken in and no effect runs. */
    async idle(): Promise<void> {
      await committer.idle();
      // A save may bring new effects; what cannot be saved now is left to the sweep.
      do await runner.idle();
      while (await outbox.flush());
      await committer.idle();
    },
    /** Stop sweeping and starting effects; let running ones finish for this many milliseconds. */
    async stop(graceMs: number): Promise<void> {
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
