import type { Clock } from '../../clock.js';
import { StoreUnavailableError, TallyError, toError, WriteOutcomeUnknownError } from '../../errors.js';
import type { ActorStore, CreateResult } from './actor-store.js';
import type { ActorDocument } from './document.js';
import { createMailbox } from './mailbox.js';

const TRIES = 5;
const JITTER_MS = 20;

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
  ): Promise<CreateResult & { document: ActorDocument<Context>; begunAt: number }>;
  idle(): Promise<void>;
}

interface Options<Context extends object> {
  store: ActorStore<Context>;
  clock: Clock;
  instance: string;
  machineVersion: number;
  random: () => number;
}

/** Load, change, save with compare-and-set; one key at a time within this process, any number of processes. */
export function createCommitter<Context extends object>(options: Options<Context>): Committer<Context> {
  const { store, clock } = options;
  const mailbox = createMailbox();
  let writes = 0;
  const nextNonce = () => `${options.instance}:${String(++writes)}`;

  async function load(key: string): Promise<ActorDocument<Context> | undefined> {
    const document = await store.load(key);
    if (document !== undefined && document.tally.machineVersion > options.machineVersion) {
      throw new NewerMachineError(key, document.tally.machineVersion, options.machineVersion);
    }
    return document;
  }

  /** Whether a write whose answer was lost happened: our nonce is the newest one. */
  async function happened(key: string, nonce: string): Promise<boolean> {
    return (await store.load(key))?.tally.lastWrite === nonce;
  }

  async function commit(key: string, change: Change<Context>): Promise<Committed<Context> | undefined> {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const before = await load(key);
      if (before === undefined) return undefined;
      const nonce = nextNonce();
      const begunAt = clock.monotonic();
      const changed = change(before, nonce);
      if (changed === undefined) return { before, after: before, begunAt };
      const { next, durable } = changed;
      const saved = await store
        .save(key, next, before.tally.version, { durable })
        .catch((error: unknown) =>
          error instanceof WriteOutcomeUnknownError ? happened(key, nonce) : Promise.reject(toError(error)),
        );
      if (saved) return { before, after: next, begunAt };
      await pause(attempt);
    }
    throw new StoreUnavailableError(`'${key}' changed under us ${String(TRIES)} times`);
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
            return { ...(ours ? { created: true as const } : result), document, begunAt };
          } catch (error) {
            if (!(error instanceof WriteOutcomeUnknownError) || attempt === TRIES) throw error;
            if (await happened(key, nonce)) return { created: true as const, document, begunAt };
          }
        }
      }),
    idle: () => mailbox.idle(),
  };
}
