import { levelOfRetried, toError } from '../../errors.js';
import type { Committer } from './committer.js';
import { type Change, LEASE_MS, type Stamp, taking, withEffects } from './compose.js';
import type { ActorEvent, Hosting } from './definition.js';
import { type ActorDocument, isSameEffect, type PendingEffect, withoutEffect } from './document.js';

export type Outbox<Context extends object, Event extends ActorEvent> = ReturnType<typeof createOutbox<Context, Event>>;

/** How long an ended effect waits for another save to remove it, milliseconds. Its lease does not expire earlier. */
const LINGER_MS = LEASE_MS / 2;

/** Takes over, changes and removes the pending effects of documents. */
export function createOutbox<Context extends object, Event extends ActorEvent>(
  { definition, clock, log }: Pick<Hosting<Context, Event>, 'definition' | 'clock' | 'log'>,
  committer: Committer<Context>,
) {
  const lingering = new Set<string>();

  /** The change that only removes the ended effects from a document. */
  const dropEnded: Change<Context> = ({ document, ended }, stamp) =>
    ended === 0 ? undefined : { next: withEffects(definition, document, document.tally.effects, stamp), durable: false };

  /** Removes the ended effects of a document in one save after LINGER_MS. Effects that end during that save wait anew. */
  function linger(key: string): void {
    if (lingering.has(key)) return;
    lingering.add(key);
    clock.after(LINGER_MS, () => {
      lingering.delete(key);
      if (committer.hasEnded(key)) void flushOne(key);
    });
  }

  /** Save a document without its ended effects. Never rejects: the next sweep repeats it. @returns whether it was saved */
  async function flushOne(key: string): Promise<boolean> {
    try {
      const committed = await committer.commit(key, dropEnded);
      return committed?.changed === true;
    } catch (error) {
      log[levelOfRetried(error)]({ [definition.kind]: key, err: toError(error) }, 'left to the next sweep');
      return false;
    }
  }

  return {
    /** An effect has ended. One save applies its result and removes it; without a result another save removes it later. */
    async settle(key: string, effect: PendingEffect, result: Event | undefined): Promise<void> {
      if (result !== undefined) {
        const take = taking(definition, result);
        const committed = await committer.commit(key, ({ document, ended }, stamp) =>
          take({ document: withoutEffect(document, effect), ended }, stamp),
        );
        if (committed?.changed === true) return;
      }
      committer.end(key, effect);
      if (definition.effects[effect.name]?.isAwaited === true) await committer.commit(key, dropEnded);
      else linger(key);
    },
    /** Change one effect. @returns false when it is no longer pending or not leased to this instance */
    async amend(key: string, effect: PendingEffect, change: Partial<PendingEffect>): Promise<boolean> {
      const committed = await committer.commit(key, ({ document }, stamp) => {
        const owed = document.tally.effects.find((each) => isSameEffect(each, effect));
        if (owed?.leasedBy !== stamp.instance) return undefined;
        const effects = document.tally.effects.map((each) => (each === owed ? { ...owed, ...change } : each));
        return { next: withEffects(definition, document, effects, stamp), durable: false };
      });
      return committed?.changed === true;
    },
    /** Lease to this instance the effects whose lease has expired or, with `all`, also the effects of every other instance. */
    async takeOver(key: string, all: boolean): Promise<void> {
      await committer.commit(key, (current, stamp) => {
        const effects = takenOver(current.document, all, stamp);
        if (effects === undefined) return dropEnded(current, stamp);
        return { next: withEffects(definition, current.document, effects, stamp), durable: false };
      });
    },
    /** Remove the ended effects from their documents now. @returns whether a document was saved */
    async flush(): Promise<boolean> {
      const flushed = await Promise.all(committer.ending().map(flushOne));
      return flushed.includes(true);
    },
  };
}

/** The effects after taking over expired leases and, with `all`, those of other instances; undefined: nothing to take over. */
function takenOver({ tally }: ActorDocument<object>, all: boolean, { now, instance }: Stamp): PendingEffect[] | undefined {
  const isFree = (effect: PendingEffect) =>
    Math.max(effect.leaseUntil, effect.notBefore) <= now || (all && effect.leasedBy !== instance);
  if (!tally.effects.some(isFree)) return undefined;
  return tally.effects.map((effect) =>
    isFree(effect) ? { ...effect, leasedBy: instance, leaseUntil: Math.max(now, effect.notBefore) + LEASE_MS } : effect,
  );
}
