import { levelOfRetried, toError } from '../../errors.js';
import type { Committer, Written } from './committer.js';
import { LEASE_MS } from './compose.js';
import { type ActorEvent, defaultBackoffMs, type Hosting, NotYet } from './definition.js';
import { type ActorDocument, isSameEffect, type PendingEffect } from './document.js';
import { createLanes } from './lanes.js';
import type { Outbox } from './outbox.js';

interface Job<Context extends object> {
  key: string;
  /** The document as just saved, so that it need not be read. Absent once the job had to wait. */
  document?: ActorDocument<Context>;
  effect: PendingEffect;
  fresh: boolean;
  begunAt: number;
  abort: AbortController;
  cancelTimer?: () => void;
}

/** Runs the effects that this process leased in its writes, now or when due: by lane, and outside the committer's mailbox. */
export function createEffectRunner<Context extends object, Event extends ActorEvent>(
  host: Hosting<Context, Event>,
  committer: Committer<Context>,
  outbox: Outbox<Context, Event>,
) {
  const { definition, store, clock, instance, log } = host;
  const jobs = createJobs<Context>();
  const lanes = createLanes(definition.lanes);
  let stopping = false;

  function plan(job: Job<Context>): void {
    jobs.replace(job);
    const delayMs = job.effect.notBefore - clock.now();
    if (delayMs <= 0) {
      enqueue(job);
      return;
    }
    delete job.document;
    job.cancelTimer = clock.after(delayMs, () => enqueue(job));
  }

  function enqueue(job: Job<Context>): void {
    const { name } = job.effect;
    // An effect that the definition no longer contains has a lane of its own.
    lanes.enter(definition.effects[name]?.lane ?? name, () => run(job));
    delete job.document;
  }

  /** Never rejects: if it fails, the instance that finds the lease expired runs the effect again. */
  async function run(job: Job<Context>): Promise<void> {
    const { key, effect, abort } = job;
    if (abort.signal.aborted) return;
    const stopRenewing = renew(host, outbox, job);
    try {
      const document = job.document ?? (await store.load(key));
      if (document === undefined || !owes(document, effect, instance)) return;
      const attempted = await attempt(host, job, document);
      if (!('again' in attempted)) await outbox.settle(key, effect, attempted.event);
      else if (await outbox.amend(key, effect, attempted.again)) planAgain(job, attempted.again);
    } catch (error) {
      if (!abort.signal.aborted)
        log[levelOfRetried(error)]({ ...fieldsOf(definition.kind, job), err: toError(error) }, 'effect left to the sweep');
    } finally {
      stopRenewing();
      jobs.forget(job);
    }
  }

  function planAgain(job: Job<Context>, effect: PendingEffect): void {
    if (stopping || !jobs.has(job)) return;
    jobs.forget(job);
    plan({ key: job.key, effect, fresh: false, begunAt: job.begunAt, abort: new AbortController() });
  }

  committer.follow((key, { after, begunAt, isPast }: Written<Context>) => {
    if (stopping) return;
    jobs.cancelAllBut(key, after.tally.effects);
    for (const effect of after.tally.effects) {
      const isOurs = effect.leasedBy === instance && !committer.hasEnded(key, effect);
      if (!isOurs || jobs.hasFor(key, effect)) continue;
      const fresh = effect.since === after.tally.version;
      plan({ key, ...(isPast ? {} : { document: after }), effect, fresh, begunAt, abort: new AbortController() });
    }
  });

  return {
    /** Resolves when no effect runs or waits for its lane; effects that are not due yet do not count. */
    idle: () => lanes.idle(),
    /** Start no more effects, let running ones end for `graceMs`, then abort them. The leases of unfinished effects expire. */
    async stop(graceMs: number): Promise<void> {
      stopping = true;
      lanes.close();
      const left = jobs.all();
      for (const job of left) job.cancelTimer?.();
      let cancelGrace = (): void => undefined;
      const grace = new Promise<void>((resolve) => (cancelGrace = clock.after(graceMs, resolve)));
      await Promise.race([lanes.idle(), grace]);
      cancelGrace();
      // An unanswered call ends by its own time-out; the instance that finds the lease expired runs the effect again.
      for (const job of left) job.abort.abort();
    },
  };
}

/** The running and waiting jobs: at most one per actor and effect key. */
function createJobs<Context extends object>() {
  const jobs = new Map<string, Map<string, Job<Context>>>();
  const find = (key: string, effect: PendingEffect) => jobs.get(key)?.get(effect.key);
  const has = (job: Job<Context>) => find(job.key, job.effect) === job;

  function forget(job: Job<Context>): void {
    if (!has(job)) return;
    const ofKey = jobs.get(job.key);
    ofKey?.delete(job.effect.key);
    if (ofKey?.size === 0) jobs.delete(job.key);
  }

  function cancel(job: Job<Context>): void {
    job.cancelTimer?.();
    job.abort.abort();
    forget(job);
  }

  return {
    has,
    hasFor: (key: string, effect: PendingEffect) => find(key, effect)?.effect.since === effect.since,
    forget,
    /** Add a job; the job with the same effect key is cancelled. */
    replace(job: Job<Context>): void {
      const current = find(job.key, job.effect);
      if (current !== undefined) cancel(current);
      jobs.set(job.key, (jobs.get(job.key) ?? new Map<string, Job<Context>>()).set(job.effect.key, job));
    },
    /** Cancel the actor's jobs whose effect is no longer pending. */
    cancelAllBut(key: string, owed: readonly PendingEffect[]): void {
      for (const job of [...(jobs.get(key)?.values() ?? [])]) {
        if (!owed.some((effect) => effect.key === job.effect.key)) cancel(job);
      }
    },
    all: () => [...jobs.values()].flatMap((ofKey) => [...ofKey.values()]),
  };
}

type Attempted<Event> = { event: Event | undefined } | { again: PendingEffect };

async function attempt<Context extends object, Event extends ActorEvent>(
  { definition, handlers, clock, log }: Hosting<Context, Event>,
  job: Job<Context>,
  document: ActorDocument<Context>,
): Promise<Attempted<Event>> {
  const { key, effect, abort } = job;
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
      signal: abort.signal,
    });
    return { event };
  } catch (error) {
    if (abort.signal.aborted) throw error;
    const attempts = effect.attempts + 1;
    const retryInMs =
      error instanceof NotYet
        ? error.retryInMs
        : (definition.effects[effect.name]?.backoffMs?.(attempts) ?? defaultBackoffMs(attempts));
    const level = error instanceof NotYet ? 'debug' : 'warn';
    log[level]({ ...fieldsOf(definition.kind, job), retryInMs, ...reasonOf(toError(error)) }, 'effect not done');
    const notBefore = clock.now() + retryInMs;
    return { again: { ...effect, attempts, notBefore, leaseUntil: notBefore + LEASE_MS } };
  }
}

/** Renews the lease while the effect runs, so that only a dead process loses it. @returns a function that ends the renewal */
function renew<Context extends object, Event extends ActorEvent>(
  { definition, clock, log }: Hosting<Context, Event>,
  outbox: Outbox<Context, Event>,
  job: Job<Context>,
): () => void {
  let over = false;
  let cancel = clock.after(LEASE_MS / 2, tick);
  function tick(): void {
    if (job.abort.signal.aborted) return;
    void outbox
      .amend(job.key, job.effect, { leaseUntil: clock.now() + LEASE_MS })
      .catch((error: unknown) => {
        log[levelOfRetried(error)]({ ...fieldsOf(definition.kind, job), err: toError(error) }, 'lease not renewed');
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

function fieldsOf(kind: string, { key, effect }: Job<object>) {
  return { [kind]: key, effect: effect.key, attempt: effect.attempts + 1 };
}

/** The message of an error and, if an adapter translated it, the message of the original error. */
function reasonOf({ message, cause }: Error): { reason: string; cause?: string } {
  return cause === undefined ? { reason: message } : { reason: message, cause: toError(cause).message };
}

/** Whether exactly this effect is still pending and leased to this instance. */
function owes(document: ActorDocument<object>, effect: PendingEffect, instance: string): boolean {
  return document.tally.effects.some((owed) => isSameEffect(owed, effect) && owed.leasedBy === instance);
}
