import type { Current } from './compose.js';
import { type ActorDocument, isSameEffect, type PendingEffect } from './document.js';

/**
 * Effects that ended without a result. The next save of their document, for any reason, removes them, so that they need no save
 * of their own. If the process dies before that save, they run again.
 */
export function createEndedEffects<Context extends object>() {
  const ended = new Map<string, PendingEffect[]>();
  const has = (key: string, effect?: PendingEffect) =>
    ended.get(key)?.some((each) => effect === undefined || isSameEffect(each, effect)) ?? false;

  return {
    add(key: string, effect: PendingEffect): void {
      ended.set(key, [...(ended.get(key) ?? []), effect]);
    },
    /** @param effect default: any effect of the document */
    has,
    /** The document without its ended effects. */
    currentOf(key: string, document: ActorDocument<Context>): Current<Context> {
      if (!ended.has(key)) return { document, ended: 0 };
      const effects = document.tally.effects.filter((effect) => !has(key, effect));
      const left = document.tally.effects.length - effects.length;
      return { document: { ...document, tally: { ...document.tally, effects } }, ended: left };
    },
    /** Forget the ended effects that the stored document no longer contains; those that ended during its save wait on. */
    forget(key: string, stored: ActorDocument<Context> | undefined): void {
      const owed = stored?.tally.effects ?? [];
      const left = ended.get(key)?.filter((effect) => owed.some((each) => isSameEffect(each, effect))) ?? [];
      if (left.length === 0) ended.delete(key);
      else ended.set(key, left);
    },
    /** Keys of the documents that still contain an ended effect. */
    keys: () => [...ended.keys()],
  };
}
