import type { Clock } from '../../clock.js';
import type { Change, Committed, Committer } from './committer.js';
import { type Stamp, takenOver, withEffects } from './compose.js';
import type { ActorDefinition, ActorEvent } from './definition.js';
import type { ActorDocument, PendingEffect } from './document.js';
import { createDoneEffects } from './done-effects.js';

export interface OutboxOptions<Context extends object, Event extends ActorEvent> {
  definition: ActorDefinition<Context, Event>;
  committer: Committer<Context>;
  clock: Clock;
  stampOf(nonce: string): Stamp;
  /** Told of each save that is about nothing but effects. */
  onSaved(key: string, committed: Committed<Context>): void;
  /** Runs work whose failure is left to the next sweep. Never rejects. */
  guarded(key: string, work: Promise<unknown>): Promise<void>;
}

/** The owed effects in the documents of this process's actors: taken over, changed, and gone when they are done. */
export interface Outbox<Context extends object> {
  /** Every save of this process goes through here, so that what is done leaves the document with it. */
  commit(key: string, change: Change<Context>): Promise<Committed<Context> | undefined>;
  /** The effect is done and brought no news: it leaves with the next save, or with one of its own a moment later. */
  end(key: string, effect: PendingEffect): void;
  /** The document without what is done; the same object when nothing is. */
  strip(key: string, document: ActorDocument<Context>): ActorDocument<Context>;
  /** Take what is done out of the document without waiting for another save. */
  flush(key: string): Promise<void>;
  flushAll(): Promise<void>;
  /** How many actors have an effect that is done and still in the document. */
  waiting(): number;
  /** Change one effect that is still owed and leased to this instance; false otherwise. */
  amend(key: string, effect: PendingEffect, change: Partial<PendingEffect>): Promise<boolean>;
  /** Lease to this instance what nobody works on or, with `all`, whatever earlier processes left. */
  takeOver(key: string, all: boolean): Promise<void>;
}

/** How long an effect that is done waits for another save of its actor to ride on, milliseconds. */
const LINGER_MS = 50;

export function createOutbox<Context extends object, Event extends ActorEvent>(
  options: OutboxOptions<Context, Event>,
): Outbox<Context> {
  const { definition, committer, clock, stampOf, guarded } = options;
  const done = createDoneEffects<Context>();
  const lingering = new Set<string>();

  async function commit(key: string, change: Change<Context>): Promise<Committed<Context> | undefined> {
    const committed = await committer.commit(key, (document, nonce) => change(done.strip(key, document), nonce));
    if (committed === undefined) done.drop(key);
    else if (committed.after !== committed.before) done.forget(key, committed.after);
    return committed;
  }

  async function flush(key: string): Promise<void> {
    const committed = await committer.commit(key, (document, nonce) => {
      const { effects } = done.strip(key, document).tally;
      if (effects.length === document.tally.effects.length) return undefined;
      return { next: withEffects(definition, document, effects, stampOf(nonce)), durable: false };
    });
    if (committed === undefined) {
      done.drop(key);
      return;
    }
    done.forget(key, committed.after);
    if (committed.after !== committed.before) options.onSaved(key, committed);
    // Something may have ended while the document was read.
    else if (done.has(key)) linger(key);
  }

  function linger(key: string): void {
    if (lingering.has(key)) return;
    lingering.add(key);
    clock.after(LINGER_MS, () => {
      lingering.delete(key);
      if (done.has(key)) void guarded(key, flush(key));
    });
  }

  return {
    commit,
    end(key, effect) {
      done.add(key, effect);
      linger(key);
    },
    strip: (key, document) => done.strip(key, document),
    flush,
    async flushAll() {
      await Promise.all(done.keys().map((key) => guarded(key, flush(key))));
    },
    waiting: () => done.keys().length,
    async amend(key, effect, change) {
      const committed = await commit(key, (document, nonce) => {
        const stamp = stampOf(nonce);
        const owed = document.tally.effects.find((each) => each.key === effect.key);
        if (owed?.since !== effect.since || owed.leasedBy !== stamp.instance) return undefined;
        const effects = document.tally.effects.map((each) => (each === owed ? { ...owed, ...change } : each));
        return { next: withEffects(definition, document, effects, stamp), durable: false };
      });
      return committed !== undefined && committed.after !== committed.before;
    },
    async takeOver(key, all) {
      const committed = await commit(key, (document, nonce) => {
        const next = takenOver(definition, document, all, stampOf(nonce));
        return next && { next, durable: false };
      });
      if (committed !== undefined && committed.after !== committed.before) options.onSaved(key, committed);
    },
  };
}
