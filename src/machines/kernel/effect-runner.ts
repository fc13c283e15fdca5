import type { Clock } from '../../clock.js';
import { toError } from '../../errors.js';
import type { ActorStore } from './actor-store.js';
import type { Committed } from './committer.js';
import { LEASE_MS } from './compose.js';
import {
  type ActorDefinition,
  type ActorEvent,
  defaultBackoffMs,
  type EffectHandlers,
  type Lane,
  LANES,
  NotYet,
} from './definition.js';
import type { ActorDocument, PendingEffect } from './document.js';
import type { Log } from '../../logging.js';

/** How many effects of one lane run at once in this process. */
const LANE_WIDTH: Readonly<Record<Lane, number>> = { livekit: 256, lock: 64, notification: 32, media: 32 };

/** The saves an effect needs, done by the supervisor. */
export interface EffectSaves<Event extends ActorEvent> {
  /** Remove the effects and take in their results, in one save. */
  settle(key: string, done: { effect: PendingEffect; result: Event | undefined }): Promise<void>;
  /** Change one pending effect if it is still the same and still ours; false otherwise. */
  amend(key: string, effect: PendingEffect, change: Partial<PendingEffect>): Promise<boolean>;
}

export interface EffectRunner<Context extends object> {
  /** Run, now or when they are due, those effects that the committed write leased to this instance. */
  adopt(key: string, committed: Committed<Context>, fresh: boolean): void;
  /** Resolves when nothing runs or waits for a lane; effects waiting for their time do not count. */
  idle(): Promise<void>;
  /** Start nothing new, let what runs finish for a while, then abort it; leases of what is left run out by themselves. */
  stop(graceMs: number): Promise<void>;
}

interface Options<Context extends object, Event extends ActorEvent> {
  definition: ActorDefinition<Context, Event>;
  handlers: EffectHandlers<Context, Event>;
  store: ActorStore<Context>;
  saves: EffectSaves<Event>;
  clock: Clock;
  instance: string;
  log: Log;
}

interface JobOf<Context extends object> {
  key: string;
  /** What was committed this very instant: there is nothing newer to read. Absent once the job had to wait. */
  document?: ActorDocument<Context>;
  effect: PendingEffect;
  fresh: boolean;
  begunAt: number;
  abort: AbortController;
  cancelTimer?: () => void;
}

/** Runs leased effects outside the mailbox, in lanes by target. */
export function createEffectRunner<Context extends object, Event extends ActorEvent>(
  options: Options<Context, Event>,
): EffectRunner<Context> {
  const { definition, handlers, store, saves, clock, instance, log } = options;
  type Job = JobOf<Context>;
  const jobs = new Map<string, Map<string, Job>>();
  const queues = new Map<Lane, Job[]>(LANES.map((lane) => [lane, []]));
  const running = new Map<Lane, number>(LANES.map((lane) => [lane, 0]));
  const waiters: (() => void)[] = [];
  let stopping = false;
  /** Jobs queued or running. */
  let busy = 0;

  const laneOf = (effect: PendingEffect): Lane => definition.effects[effect.name]?.lane ?? 'livekit';
  const jobOf = (key: string, effect: PendingEffect) => jobs.get(key)?.get(effect.key);

  function forget(job: Job): void {
    if (jobOf(job.key, job.effect) !== job) return;
    const ofKey = jobs.get(job.key);
    ofKey?.delete(job.effect.key);
    if (ofKey?.size === 0) jobs.delete(job.key);
  }

  function cancel(job: Job): void {
    job.cancelTimer?.();
    job.abort.abort();
    forget(job);
  }

  function plan(job: Job): void {
    const current = jobOf(job.key, job.effect);
    if (current !== undefined) cancel(current);
    jobs.set(job.key, (jobs.get(job.key) ?? new Map<string, Job>()).set(job.effect.key, job));
    const delayMs = job.effect.notBefore - clock.now();
    if (delayMs <= 0) enqueue(job);
    else {
      delete job.document;
      job.cancelTimer = clock.after(delayMs, () => {
        enqueue(job);
      });
    }
  }

  function enqueue(job: Job): void {
    busy += 1;
    queues.get(laneOf(job.effect))?.push(job);
    drain(laneOf(job.effect));
    delete job.document;
  }

  function drain(lane: Lane): void {
    const queue = queues.get(lane) ?? [];
    while (!stopping && queue.length > 0 && (running.get(lane) ?? 0) < LANE_WIDTH[lane]) {
      const job = queue.shift();
      if (job === undefined) continue;
      running.set(lane, (running.get(lane) ?? 0) + 1);
      void run(job).finally(() => {
        running.set(lane, (running.get(lane) ?? 1) - 1);
        leave();
        drain(lane);
      });
    }
  }

  function leave(): void {
    busy -= 1;
    if (busy === 0) for (const wake of waiters.splice(0)) wake();
  }

  /** Never rejects: what fails here is repeated by whoever finds the lease expired. */
  async function run(job: Job): Promise<void> {
    if (job.abort.signal.aborted) return;
    const { key, effect } = job;
    const fields = { [definition.kind]: key, effect: effect.key, attempt: effect.attempts + 1 };
    const stopRenewing = renew(job);
    try {
      const document = job.document ?? (await store.load(key));
      if (document === undefined || !owes(document, effect, instance)) return;
      const result = await attempt(job, document);
      if ('again' in result) {
        if (await saves.amend(key, effect, result.again)) replan(job, result.again);
        return;
      }
      await saves.settle(key, { effect, result: result.event });
    } catch (error) {
      if (!job.abort.signal.aborted) log.warn({ ...fields, err: toError(error) }, 'effect left to the sweep');
    } finally {
      stopRenewing();
      forget(job);
    }
  }

  async function attempt(
    job: Job,
    document: ActorDocument<Context>,
  ): Promise<{ event: Event | undefined } | { again: PendingEffect }> {
    const { key, effect } = job;
    const handler = handlers[effect.name];
    if (handler === undefined) throw new Error(`no handler for effect '${effect.name}' of ${definition.kind}`);
    try {
      const event = await handler({
        key,
        document,
        effect,
        attempt: effect.attempts + 1,
        fresh: job.fresh && effect.attempts === 0,
        ageMs: clock.monotonic() - job.begunAt,
        signal: job.abort.signal,
      });
      return { event };
    } catch (error) {
      if (job.abort.signal.aborted) throw error;
      const failures = effect.attempts + 1;
      const delayMs =
        error instanceof NotYet
          ? error.retryInMs
          : (definition.effects[effect.name]?.backoffMs?.(failures) ?? defaultBackoffMs(failures));
      const notBefore = clock.now() + delayMs;
      log[error instanceof NotYet ? 'debug' : 'warn'](
        { [definition.kind]: key, effect: effect.key, attempt: failures, retryInMs: delayMs, ...reasonOf(toError(error)) },
        'effect not done',
      );
      return { again: { ...effect, attempts: failures, notBefore, leaseUntil: notBefore + LEASE_MS } };
    }
  }

  function replan(job: Job, effect: PendingEffect): void {
    if (stopping || jobOf(job.key, effect) !== job) return;
    forget(job);
    plan({ key: job.key, effect, fresh: false, begunAt: job.begunAt, abort: new AbortController() });
  }

  /** Keeps the lease while the effect runs, so that only a dead process loses it. */
  function renew(job: Job): () => void {
    let over = false;
    let cancel = clock.after(LEASE_MS / 2, tick);
    function tick(): void {
      if (job.abort.signal.aborted) return;
      void saves
        .amend(job.key, job.effect, { leaseUntil: clock.now() + LEASE_MS })
        .catch((error: unknown) => {
          log.warn({ [definition.kind]: job.key, effect: job.effect.key, err: toError(error) }, 'lease not renewed');
        })
        .finally(() => {
          if (!over) cancel = clock.after(LEASE_MS / 2, tick);
        });
    }
    return () => {
      over = true;
      cancel();
    };
  }

  return {
    adopt(key, { after, begunAt, isPast }, fresh) {
      if (stopping) return;
      for (const job of [...(jobs.get(key)?.values() ?? [])]) {
        if (!after.tally.effects.some((effect) => effect.key === job.effect.key)) cancel(job);
      }
      for (const effect of after.tally.effects) {
        if (effect.leasedBy !== instance) continue;
        if (jobOf(key, effect)?.effect.since === effect.since) continue;
        plan({
          key,
          ...(isPast ? {} : { document: after }),
          effect,
          fresh: fresh && effect.since === after.tally.version,
          begunAt,
          abort: new AbortController(),
        });
      }
    },
    async idle() {
      while (busy > 0) await new Promise<void>((resolve) => waiters.push(resolve));
    },
    async stop(graceMs) {
      stopping = true;
      const all = [...jobs.values()].flatMap((ofKey) => [...ofKey.values()]);
      for (const job of all) job.cancelTimer?.();
      for (const queue of queues.values())
        for (const job of queue.splice(0)) {
          forget(job);
          leave();
        }
      if (busy === 0) return;
      await new Promise<void>((resolve) => {
        const cancelGrace = clock.after(graceMs, () => {
          for (const job of all) job.abort.abort();
          // A call that nobody answers ends in its own time; whoever starts next finds its lease expired.
          resolve();
        });
        waiters.push(() => {
          cancelGrace();
          resolve();
        });
      });
    },
  };
}

/** What failed and, where an adapter translated it, what the other side said. */
function reasonOf({ message, cause }: Error): { reason: string; cause?: string } {
  return cause === undefined ? { reason: message } : { reason: message, cause: toError(cause).message };
}

/** Whether the document still owes exactly this effect and the lease is this instance's. */
export function owes<Context extends object>(document: ActorDocument<Context>, effect: PendingEffect, instance: string): boolean {
  return document.tally.effects.some(
    (owed) => owed.key === effect.key && owed.since === effect.since && owed.leasedBy === instance,
  );
}
