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
/** Recent documents: some two kilobytes each, for as long as a start or a stop takes. */
const RECENT_LIMIT = 4_096;
/** A program that writes without counting versions is overwritten by what is built on an older document. */
const RECENT_FOR_MS = 10_000;

/** A newer release wrote this actor; this one must not touch it. Retryable: another instance, or this one later, can. */
export class NewerMachineError extends TallyError {
  constructor(key: string, found: number, known: number) {
    super(
      'kernel.newer_machine',
      'unavailable',
      `'${key}' was written by machine version ${String(found)}, newer than ${String(known)}`,
    );
  }
}

/** A write of this process that happened. */
export interface Written<Context extends object> {
  changed: true;
  /** The document that the change was decided on; that of a creation is the new one. */
  before: ActorDocument<Context>;
  after: ActorDocument<Context>;
  /** Monotonic milliseconds at which the write was begun. */
  begunAt: number;
  /** The answer to the write was lost: others may have written since. */
  isPast: boolean;
}

/** What became of a change: it was written, or a fresh read of the document showed that it changes nothing. */
export type Committed<Context extends object> =
  Written<Context> | { changed: false; before: ActorDocument<Context>; after: ActorDocument<Context> };

export type Created<Context extends object> = CreateResult & { document: ActorDocument<Context> };

export type Committer<Context extends object> = ReturnType<typeof createCommitter<Context>>;

type CommitterOptions<Context extends object> = Pick<Hosting<Context, never>, 'store' | 'clock' | 'instance' | 'random'> & {
  /** Documents of a higher one are left alone. */
  machineVersion: number;
};

/**
 * Load, change, save with compare-and-set; one key at a time within this process, any number of processes.
 *
 * A write whose answer was lost is no failure: the next look at the document tells whether it happened.
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
   * What this process wrote last is tried first: when the save succeeds, that was the newest. What changes nothing, or what another
   * writer was before, is decided on a fresh document.
   */
  async function change(key: string, decide: Change<Context>): Promise<Committed<Context> | undefined> {
    /** Writes whose answer was lost, by nonce. One may still happen after a look has not found it. */
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
     * @returns undefined when there is no such document
     * @throws StoreUnavailableError after five lost races, or when the outcome of a write cannot be learned
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
    /** This effect has ended and brought no news: it leaves the document with the next save, whatever that is for. */
    end: ended.add,
    /** Whether this effect has ended and not left its document yet. @param effect default: any of that document */
    hasEnded: ended.has,
    /** Keys of the documents that owe an effect which has ended. */
    ending: ended.keys,
    /** Have every write of this process told, at once and in order. @param follower must not throw */
    follow: (follower: (key: string, written: Written<Context>) => void) => void followers.push(follower),
    /** Resolves when no change is under way. */
    idle: () => mailbox.idle(),
  };
}

/** Create a document of which an answer may get lost on the way. */
async function createOnce<Context extends object>(
  store: ActorStore<Context>,
  key: string,
  document: ActorDocument<Context>,
): Promise<CreateResult & { isPast: boolean }> {
  const { lastWrite, version } = document.tally;
  for (let tried = 1; ; tried++) {
    try {
      const result = await store.create(key, document);
      // A key that only we could have drawn is taken: an earlier try of ours happened, and was built upon since.
      const isOurs = !result.created && tried > 1 && result.holder === key;
      return isOurs ? { created: true, isPast: true } : { ...result, isPast: false };
    } catch (error) {
      if (!(error instanceof WriteOutcomeUnknownError) || tried === TRIES) throw error;
      const stored = await store.load(key);
      if (stored !== undefined && hasWritten(stored, lastWrite, version) === true) return { created: true, isPast: true };
    }
  }
}

/** The doubtful write that the newest document knows of. @throws StoreUnavailableError it cannot know any more */
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

/** The documents that this process wrote last, each as it was stored then: a guess at what is stored now, never the truth. */
function createRecent<Context extends object>(clock: Pick<Clock, 'monotonic'>): LRUCache<string, ActorDocument<Context>> {
  return new LRUCache({
    max: RECENT_LIMIT,
    ttl: RECENT_FOR_MS,
    // The clock is asked each time: else the cache keeps a timer of its own. It takes a 0 for no time at all.
    ttlResolution: 0,
    perf: { now: () => clock.monotonic() + 1 },
  });
}

/** @returns a stamp with a nonce that no other write of any process has */
function createStamps({ clock, instance }: Pick<CommitterOptions<object>, 'clock' | 'instance'>): () => Stamp {
  let writes = 0;
  return () => ({ now: clock.now(), instance, nonce: `${instance}:${String(++writes)}` });
}
