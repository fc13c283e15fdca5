import { toError } from '../../errors.js';
import type { Committer } from './committer.js';
import { type Change, LEASE_MS, type Stamp, taking, withEffects } from './compose.js';
import type { ActorEvent, Hosting } from './definition.js';
import { type ActorDocument, isSameEffect, type PendingEffect, withoutEffect } from './document.js';

export type Outbox<Context extends object, Event extends ActorEvent> = ReturnType<typeof createOutbox<Context, Event>>;

/** How long an effect that has ended waits for a save to ride on, milliseconds. Its lease is over no sooner. */
const LINGER_MS = LEASE_MS / 2;

/** The effects that documents owe: taken over, changed, and gone when they are done. */
export function createOutbox<Context extends object, Event extends ActorEvent>(
  { definition, clock, log }: Pick<Hosting<Context, Event>, 'definition' | 'clock' | 'log'>,
  committer: Committer<Context>,
) {
  const lingering = new Set<string>();

  /** What is done leaves the document, by a save of its own. */
  const dropEnded: Change<Context> = ({ document, ended }, stamp) =>
    ended === 0 ? undefined : { next: withEffects(definition, document, document.tally.effects, stamp), durable: false };

  /** What ends later than this, and before the time is over, leaves with it; what ends during that save lingers anew. */
  function linger(key: string): void {
    if (lingering.has(key)) return;
    lingering.add(key);
    clock.after(LINGER_MS, () => {
      lingering.delete(key);
      if (committer.hasEnded(key)) void flushOne(key);
    });
  }

  /** Never rejects: what cannot be saved is left to the next sweep. @returns whether something left the document */
  async function flushOne(key: string): Promise<boolean> {
    try {
      const committed = await committer.commit(key, dropEnded);
      return committed?.changed === true;
    } catch (error) {
      log.warn({ [definition.kind]: key, err: toError(error) }, 'left to the next sweep');
      return false;
    }
  }

  return {
    /** The effect has ended. Its result is one save with its end; without news the end waits for another save to ride on. */
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
    /** Change one effect that is still owed and leased to this instance; false otherwise. */
    async amend(key: string, effect: PendingEffect, change: Partial<PendingEffect>): Promise<boolean> {
      const committed = await committer.commit(key, ({ document }, stamp) => {
        const owed = document.tally.effects.find((each) => isSameEffect(each, effect));
        if (owed?.leasedBy !== stamp.instance) return undefined;
        const effects = document.tally.effects.map((each) => (each === owed ? { ...owed, ...change } : each));
        return { next: withEffects(definition, document, effects, stamp), durable: false };
      });
      return committed?.changed === true;
    },
    /** Lease to this instance what nobody works on or, with `all`, whatever earlier processes left. */
    async takeOver(key: string, all: boolean): Promise<void> {
      await committer.commit(key, (current, stamp) => {
        const effects = takenOver(current.document, all, stamp);
        if (effects === undefined) return dropEnded(current, stamp);
        return { next: withEffects(definition, current.document, effects, stamp), durable: false };
      });
    },
    /** Take what has ended out of its documents without waiting for other saves. @returns whether something left one */
    async flush(): Promise<boolean> {
      const flushed = await Promise.all(committer.ending().map(flushOne));
      return flushed.includes(true);
    },
  };
}

/** The effects, with those that nobody works on leased to this instance: expired leases or, with `all`, everybody else's. */
function takenOver({ tally }: ActorDocument<object>, all: boolean, { now, instance }: Stamp): PendingEffect[] | undefined {
  const isFree = (effect: PendingEffect) =>
    Math.max(effect.leaseUntil, effect.notBefore) <= now || (all && effect.leasedBy !== instance);
  if (!tally.effects.some(isFree)) return undefined;
  return tally.effects.map((effect) =>
    isFree(effect) ? { ...effect, leasedBy: instance, leaseUntil: Math.max(now, effect.notBefore) + LEASE_MS } : effect,
  );
}
