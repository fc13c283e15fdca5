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

/** Options of a supervisor. By default `random` is `Math.random`, and `clockOffsetMs` is 0, as for a process that is alone. */
export type SupervisorOptions<Context extends object, Event extends ActorEvent> = Omit<Hosting<Context, Event>, Defaults> &
  Partial<Pick<Hosting<Context, Event>, Defaults>>;
type Defaults = 'random' | 'clockOffsetMs';

export type Supervisor<Context extends object, Event extends ActorEvent> = ReturnType<typeof createSupervisor<Context, Event>>;

/**
 * Runs the actors of one kind. An event is applied and saved first, and its effects run after that. Each part uses only the parts
 * above it, and is called after the committer's writes.
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
   * Apply one event to an actor.
   *
   * @param onlyIf called with the current document: if it returns false, the event changes nothing
   * @returns undefined when the actor does not exist
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
     * @param source origin of the request, as in an event: for the history only
     * @param events applied before the actor is stored, in the same write
     */
    async create(key: string, input: unknown, source: string, events: readonly Event[] = []): Promise<Created<Context>> {
      refuseReserved(events);
      return committer.create(key, (stamp) => born(definition, { input, source, events }, stamp));
    },
    send,
    load: (key: string) => store.load(key),
    observe: observers.observe,
    /** Take over the effects of earlier processes, then sweep periodically until stopped. */
    async start(): Promise<void> {
      if (host.exclusive) await sweeper.inheritAll();
      await sweeper.sweep();
      sweeper.start();
    },
    sweep: sweeper.sweep,
    /** Resolves when no event is being processed and no effect runs. */
    async idle(): Promise<void> {
      await committer.idle();
      // A save may add new effects; a failed save is left to the sweep.
      do await runner.idle();
      while (await outbox.flush());
      await committer.idle();
    },
    /** Stop sweeping and starting effects; running effects may end within `graceMs` milliseconds. */
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

/** @throws Error an event type is reserved by XState */
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
