import { LRUCache } from 'lru-cache';

import { type Clock, sleep } from '../../clock.js';
import { createMailbox } from '../../concurrency.js';
import { StoreUnavailableError, TallyError, WriteOutcomeUnknownError } from '../../errors.js';
import type { ActorStore, CreateResult } from './actor-store.js';
import type { Change, Stamp } from './compose.js';
import type { Hosting } from './definition.js';
import { type ActorDocument, hasWritten } from './document.js';
import { createEndedEffects } from './ended-effects.js';

const TRIES = 5;
const JITTER_MS = 20;
/** Maximum number of cached documents, about 2 KB each. */
const RECENT_LIMIT = 4_096;
/** Lifetime of a cached document, milliseconds. Short, since a change to it overwrites writes that did not count versions. */
const RECENT_FOR_MS = 10_000;

/** A newer release wrote this document, so this instance must not change it. Retryable: an upgraded instance can. */
export class NewerMachineError extends TallyError {
  constructor(key: string, found: number, known: number) {
    super(
      'kernel.newer_machine',
      'unavailable',
      `'${key}' was written by machine version ${String(found)}, newer than ${String(known)}`,
    );
  }
}

/** A write of this process that succeeded. */
export interface Written<Context extends object> {
  changed: true;
  /** The document before the change; for a creation, the new document. */
  before: ActorDocument<Context>;
  after: ActorDocument<Context>;
  /** When the write began, monotonic milliseconds. */
  begunAt: number;
  /** The answer to the write was lost, and a later read showed the write; other writers may have written since. */
  isPast: boolean;
}

/** The outcome of a change: it was written, or a fresh read of the document showed that it changes nothing. */
export type Committed<Context extends object> =
  Written<Context> | { changed: false; before: ActorDocument<Context>; after: ActorDocument<Context> };

export type Created<Context extends object> = CreateResult & { document: ActorDocument<Context> };

export type Committer<Context extends object> = ReturnType<typeof createCommitter<Context>>;

type CommitterOptions<Context extends object> = Pick<Hosting<Context, never>, 'store' | 'clock' | 'instance' | 'random'> & {
  /** Version of the machine. Documents with a higher version are not changed. */
  machineVersion: number;
};

/**
 * Load, change, save with compare-and-set. One process changes a document once at a time; any number of processes may write.
 *
 * If the answer to a write is lost, the next read of the document tells whether the write happened.
 */
export function createCommitter<Context extends object>(options: CommitterOptions<Context>) {
  const { store, clock } = options;
  const mailbox = createMailbox();
  const ended = createEndedEffects<Context>();
  const recent = createRecent<Context>(clock);
  const stamps = createStamps(options);
  const followers: ((key: string, written: Written<Context>) => void)[] = [];

  function announce(key: string, written: Written<Context>): void {
    for (const follow of followers) follow(key, written);
  }

  async function load(key: string): Promise<ActorDocument<Context> | undefined> {
    const document = await store.load(key);
    if (document !== undefined && document.tally.machineVersion > options.machineVersion) {
      throw new NewerMachineError(key, document.tally.machineVersion, options.machineVersion);
    }
    return document;
  }

  /**
   * First tries the change on the cached document that this process wrote last: a successful save proves that it was the newest.
   * If the change does nothing or the save fails, it is decided again on a fresh document.
   */
  async function change(key: string, decide: Change<Context>): Promise<Committed<Context> | undefined> {
    /** Writes whose answer was lost, by nonce. Such a write may still happen after a read did not show it. */
    const doubtful = new Map<string, Written<Context>>();
    const guess = recent.get(key);
    const guessed = guess === undefined ? 'lost' : await attempt(key, guess, decide, doubtful);
    if (typeof guessed === 'object') return guessed;
    for (let tried = 1; ; tried++) {
      const before = await load(key);
      if (before === undefined) return undefined;
      const happened = happenedOf(before, doubtful);
      if (happened !== undefined) return { ...happened, isPast: true };
      if (tried > TRIES) throw new StoreUnavailableError(`'${key}' changed under us ${String(TRIES)} times`);
      const isKnown = guessed === 'unchanged' && guess?.tally.version === before.tally.version;
      const outcome = isKnown ? guessed : await attempt(key, before, decide, doubtful);
      if (outcome === 'unchanged') return { changed: false, before, after: before };
      if (typeof outcome === 'object') return outcome;
      if (outcome === 'lost') await sleep(options.random() * JITTER_MS * tried, clock);
    }
  }

  async function attempt(
    key: string,
    before: ActorDocument<Context>,
    decide: Change<Context>,
    doubtful: Map<string, Written<Context>>,
  ): Promise<Written<Context> | 'unchanged' | 'lost' | 'unknown'> {
    const stamp = stamps();
    const begunAt = clock.monotonic();
    const decided = decide(ended.currentOf(key, before), stamp);
    if (decided === undefined) return 'unchanged';
    const { next: after, durable } = decided;
    const written: Written<Context> = { changed: true, before, after, begunAt, isPast: false };
    recent.delete(key);
    try {
      if (!(await store.save(key, after, before.tally.version, { durable }))) return 'lost';
    } catch (error) {
      if (!(error instanceof WriteOutcomeUnknownError)) throw error;
      doubtful.set(stamp.nonce, written);
      return 'unknown';
    }
    recent.set(key, after);
    return written;
  }

  return {
    /**
     * @returns undefined when the document does not exist
     * @throws StoreUnavailableError after five lost races, or when it cannot be determined whether a write happened
     */
    commit: (key: string, decide: Change<Context>): Promise<Committed<Context> | undefined> =>
      mailbox.run(key, async () => {
        const committed = await change(key, decide);
        ended.forget(key, committed?.after);
        if (committed?.changed === true) announce(key, committed);
        return committed;
      }),
    create: (key: string, build: (stamp: Stamp) => ActorDocument<Context>): Promise<Created<Context>> =>
      mailbox.run(key, async () => {
        const stamp = stamps();
        const begunAt = clock.monotonic();
        const document = build(stamp);
        const { isPast, ...result } = await createOnce(store, key, document);
        if (!result.created) return { ...result, document };
        if (!isPast) recent.set(key, document);
        announce(key, { changed: true, before: document, after: document, begunAt, isPast });
        return { ...result, document };
      }),
    /** Note that an effect ended without a result: the next save of its document, for any reason, removes it. */
    end: ended.add,
    /** Whether this effect has ended but is still stored in its document. @param effect default: any effect of the document */
    hasEnded: ended.has,
    /** Keys of the documents that still contain an ended effect. */
    ending: ended.keys,
    /** Call `follower` after each write of this process, synchronously and in order. @param follower must not throw */
    follow: (follower: (key: string, written: Written<Context>) => void) => void followers.push(follower),
    /** Resolves when no change is under way. */
    idle: () => mailbox.idle(),
  };
}

/** Create a document; repeat the attempt if its answer is lost. */
async function createOnce<Context extends object>(
  store: ActorStore<Context>,
  key: string,
  document: ActorDocument<Context>,
): Promise<CreateResult & { isPast: boolean }> {
  const { lastWrite, version } = document.tally;
  for (let tried = 1; ; tried++) {
    try {
      const result = await store.create(key, document);
      // The holder has our own random key: an earlier attempt of ours succeeded, and the document was changed since.
      const isOurs = !result.created && tried > 1 && result.holder === key;
      return isOurs ? { created: true, isPast: true } : { ...result, isPast: false };
    } catch (error) {
      if (!(error instanceof WriteOutcomeUnknownError) || tried === TRIES) throw error;
      const stored = await store.load(key);
      if (stored !== undefined && hasWritten(stored, lastWrite, version) === true) return { created: true, isPast: true };
    }
  }
}

/** The doubtful write whose nonce the newest document contains. @throws StoreUnavailableError the document may have dropped it */
function happenedOf<Context extends object>(
  newest: ActorDocument<Context>,
  doubtful: ReadonlyMap<string, Written<Context>>,
): Written<Context> | undefined {
  for (const [nonce, written] of doubtful) {
    const happened = hasWritten(newest, nonce, written.after.tally.version);
    if (happened === 'unknown') throw new StoreUnavailableError('what became of a write is forgotten: too many followed it');
    if (happened) return written;
  }
  return undefined;
}

/** Caches the documents that this process wrote last. The stored document may be newer. */
function createRecent<Context extends object>(clock: Pick<Clock, 'monotonic'>): LRUCache<string, ActorDocument<Context>> {
  return new LRUCache({
    max: RECENT_LIMIT,
    ttl: RECENT_FOR_MS,
    // With `ttlResolution: 0` the cache reads the clock each time and sets no timer. It takes a 0 for "unset", hence `+ 1`.
    ttlResolution: 0,
    perf: { now: () => clock.monotonic() + 1 },
  });
}

/** @returns a function that creates a stamp; no other write of any process has its nonce */
function createStamps({ clock, instance }: Pick<CommitterOptions<object>, 'clock' | 'instance'>): () => Stamp {
  let writes = 0;
  return () => ({ now: clock.now(), instance, nonce: `${instance}:${String(++writes)}` });
}
