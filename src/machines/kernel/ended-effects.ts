import type { Current } from './compose.js';
import { type ActorDocument, isSameEffect, type PendingEffect } from './document.js';

/**
 * Effects that have ended and brought no news: they leave the document with the next save, whatever that is for, so that an
 * effect does not cost a save of its own. A process that dies before only runs them again.
 */
export interface EndedEffects<Context extends object> {
  add(key: string, effect: PendingEffect): void;
  /** @param effect default: any of that document */
  has(key: string, effect?: PendingEffect): boolean;
  /** The document without those that have ended. */
  currentOf(key: string, document: ActorDocument<Context>): Current<Context>;
  /** This is stored: what it owes no more is gone for good; what ended during that save still waits for another. */
  forget(key: string, stored: ActorDocument<Context> | undefined): void;
  /** Keys with something that waits for a save. */
  keys(): string[];
}

export function createEndedEffects<Context extends object>(): EndedEffects<Context> {
  const ended = new Map<string, PendingEffect[]>();
  const has = (key: string, effect?: PendingEffect) =>
    ended.get(key)?.some((each) => effect === undefined || isSameEffect(each, effect)) ?? false;

  return {
    add(key, effect) {
      ended.set(key, [...(ended.get(key) ?? []), effect]);
    },
    has,
    currentOf(key, document) {
      if (!ended.has(key)) return { document, ended: 0 };
      const effects = document.tally.effects.filter((effect) => !has(key, effect));
      const left = document.tally.effects.length - effects.length;
      return { document: { ...document, tally: { ...document.tally, effects } }, ended: left };
    },
    forget(key, stored) {
      const owed = stored?.tally.effects ?? [];
      const left = ended.get(key)?.filter((effect) => owed.some((each) => isSameEffect(each, effect))) ?? [];
      if (left.length === 0) ended.delete(key);
      else ended.set(key, left);
    },
    keys: () => [...ended.keys()],
  };
}
