import type { Clock } from '../../clock.js';
import { StoreUnavailableError, TallyError, WriteOutcomeUnknownError } from '../../errors.js';
import type { ActorStore, CreateResult } from './actor-store.js';
import { type ActorDocument, hasWritten } from './document.js';
import { createMailbox } from '../../concurrency.js';
import { createRecentDocuments } from './recent-documents.js';

const TRIES = 5;
const JITTER_MS = 20;
/** Some two kilobytes each, for as long as a start or a stop takes. */
const RECENT = { limit: 4_096, lifetimeMs: 10_000 };

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

export interface Committed<Context extends object> {
  /** The fresh document that the change was decided on. */
  before: ActorDocument<Context>;
  /** What is stored now; the same object when the change wrote nothing. */
  after: ActorDocument<Context>;
  /** Monotonic milliseconds at which the write was begun. */
  begunAt: number;
  /** The answer to the write was lost: others may have written since. */
  isPast?: true;
}

/** What one change makes of a document: the next version to store, or undefined to leave it. Called again after a lost race. */
export type Change<Context extends object> = (
  document: ActorDocument<Context>,
  nonce: string,
) => { next: ActorDocument<Context>; durable: boolean } | undefined;

export interface Committer<Context extends object> {
  /** @throws StoreUnavailableError after five lost races, or when the outcome of a write cannot be learned */
  commit(key: string, change: Change<Context>): Promise<Committed<Context> | undefined>;
  create(
    key: string,
    build: (nonce: string) => ActorDocument<Context>,
  ): Promise<CreateResult & Pick<Committed<Context>, 'begunAt' | 'isPast'> & { document: ActorDocument<Context> }>;
  idle(): Promise<void>;
}

interface Options<Context extends object> {
  store: ActorStore<Context>;
  clock: Clock;
  instance: string;
  machineVersion: number;
  random: () => number;
}

/**
 * Load, change, save with compare-and-set; one key at a time within this process, any number of processes.
 *
 * A write whose answer was lost is no failure: the next look at the document tells whether it happened.
 */
export function createCommitter<Context extends object>(options: Options<Context>): Committer<Context> {
  const { store, clock } = options;
  const mailbox = createMailbox();
  const recent = createRecentDocuments<Context>({ clock, ...RECENT });
  let writes = 0;
  const nextNonce = () => `${options.instance}:${String(++writes)}`;

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
  async function commit(key: string, change: Change<Context>): Promise<Committed<Context> | undefined> {
    /** Writes whose answer was lost, by nonce. One may still happen after a look has not found it. */
    const doubtful = new Map<string, Committed<Context>>();
    const guess = recent.get(key);
    const guessed = guess === undefined ? 'lost' : await attemptOn(key, guess, change, doubtful);
    if (typeof guessed === 'object') return guessed;
    for (let attempt = 1; ; attempt++) {
      const before = await load(key);
      if (before === undefined) return undefined;
      const happened = happenedOf(before, doubtful);
      if (happened !== undefined) return { ...happened, isPast: true };
      if (attempt > TRIES) throw new StoreUnavailableError(`'${key}' changed under us ${String(TRIES)} times`);
      const isKnown = guessed === 'unchanged' && guess?.tally.version === before.tally.version;
      const outcome = isKnown ? guessed : await attemptOn(key, before, change, doubtful);
      if (outcome === 'unchanged') return { before, after: before, begunAt: clock.monotonic() };
      if (typeof outcome === 'object') return outcome;
      if (outcome === 'lost') await pause(attempt);
    }
  }

  async function attemptOn(
    key: string,
    before: ActorDocument<Context>,
    change: Change<Context>,
    doubtful: Map<string, Committed<Context>>,
  ): Promise<Committed<Context> | 'unchanged' | 'lost' | 'unknown'> {
    const nonce = nextNonce();
    const begunAt = clock.monotonic();
    const changed = change(before, nonce);
    if (changed === undefined) return 'unchanged';
    const { next: after, durable } = changed;
    recent.delete(key);
    try {
      if (!(await store.save(key, after, before.tally.version, { durable }))) return 'lost';
    } catch (error) {
      if (!(error instanceof WriteOutcomeUnknownError)) throw error;
      doubtful.set(nonce, { before, after, begunAt });
      return 'unknown';
    }
    recent.set(key, after);
    return { before, after, begunAt };
  }

  /** The doubtful write that the newest document knows of. @throws StoreUnavailableError it cannot know any more */
  function happenedOf(newest: ActorDocument<Context>, doubtful: ReadonlyMap<string, Committed<Context>>) {
    for (const [nonce, committed] of doubtful) {
      const happened = hasWritten(newest, nonce, committed.after.tally.version);
      if (happened === 'unknown') throw new StoreUnavailableError('what became of a write is forgotten: too many followed it');
      if (happened) return committed;
    }
    return undefined;
  }

  async function pause(attempt: number): Promise<void> {
    await new Promise<void>((resolve) => clock.after(options.random() * JITTER_MS * attempt, resolve));
  }

  return {
    commit: (key, change) => mailbox.run(key, () => commit(key, change)),
    create: (key, build) =>
      mailbox.run(key, async () => {
        const nonce = nextNonce();
        const begunAt = clock.monotonic();
        const document = build(nonce);
        for (let attempt = 1; ; attempt++) {
          try {
            const result = await store.create(key, document);
            // A key that only we could have drawn is taken: an earlier try of ours happened, and was built upon since.
            const ours = !result.created && attempt > 1 && result.holder === key;
            if (result.created) recent.set(key, document);
            return { ...(ours ? { created: true as const, isPast: true as const } : result), document, begunAt };
          } catch (error) {
            if (!(error instanceof WriteOutcomeUnknownError) || attempt === TRIES) throw error;
            const stored = await store.load(key);
            if (stored !== undefined && hasWritten(stored, nonce, document.tally.version) === true) {
              return { created: true as const, isPast: true as const, document, begunAt };
            }
          }
        }
      }),
    idle: () => mailbox.idle(),
  };
}
