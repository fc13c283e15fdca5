import type { Current } from './compose.js';
import { type ActorDocument, isSameEffect, type PendingEffect } from './document.js';

/**
 * Effects that have ended and brought no news: they leave the document with the next save, whatever that is for, so that an
 * effect does not cost a save of its own. A process that dies before only runs them again.
 */
export function createEndedEffects<Context extends object>() {
  const ended = new Map<string, PendingEffect[]>();
  const has = (key: string, effect?: PendingEffect) =>
    ended.get(key)?.some((each) => effect === undefined || isSameEffect(each, effect)) ?? false;

  return {
    add(key: string, effect: PendingEffect): void {
      ended.set(key, [...(ended.get(key) ?? []), effect]);
    },
    /** @param effect default: any of that document */
    has,
    /** The document without those that have ended. */
    currentOf(key: string, document: ActorDocument<Context>): Current<Context> {
      if (!ended.has(key)) return { document, ended: 0 };
      const effects = document.tally.effects.filter((effect) => !has(key, effect));
      const left = document.tally.effects.length - effects.length;
      return { document: { ...document, tally: { ...document.tally, effects } }, ended: left };
    },
    /** This is stored: what it owes no more is gone for good; what ended during that save still waits for another. */
    forget(key: string, stored: ActorDocument<Context> | undefined): void {
      const owed = stored?.tally.effects ?? [];
      const left = ended.get(key)?.filter((effect) => owed.some((each) => isSameEffect(each, effect))) ?? [];
      if (left.length === 0) ended.delete(key);
      else ended.set(key, left);
    },
    /** Keys with something that waits for a save. */
    keys: () => [...ended.keys()],
  };
}
