import type { ActorDocument, PendingEffect } from './document.js';

/**
 * Effects that are done and brought no news: they leave the document with the next save, whatever that is for, so that an
 * effect does not cost a save of its own. A process that dies before only runs them again.
 */
export interface DoneEffects<Context extends object> {
  add(key: string, effect: PendingEffect): void;
  /** The document without what is done; the same object when nothing is. */
  strip(key: string, document: ActorDocument<Context>): ActorDocument<Context>;
  /** This document was saved: what it owes no more is gone for good; what ended during that save still waits for another. */
  forget(key: string, saved: ActorDocument<Context>): void;
  /** Nothing of this key waits any more: its document is gone, or owes none of it. */
  drop(key: string): void;
  has(key: string): boolean;
  /** Keys with something that waits for a save. */
  keys(): string[];
}

export function createDoneEffects<Context extends object>(): DoneEffects<Context> {
  const done = new Map<string, PendingEffect[]>();
  const isSame = (a: PendingEffect, b: PendingEffect) => a.key === b.key && a.since === b.since;
  const isDone = (key: string, effect: PendingEffect) => done.get(key)?.some((each) => isSame(each, effect)) ?? false;

  return {
    add(key, effect) {
      done.set(key, [...(done.get(key) ?? []), effect]);
    },
    strip(key, document) {
      const effects = document.tally.effects.filter((effect) => !isDone(key, effect));
      if (effects.length === document.tally.effects.length) return document;
      return { ...document, tally: { ...document.tally, effects } };
    },
    forget(key, saved) {
      const isOwed = (effect: PendingEffect) => saved.tally.effects.some((each) => isSame(each, effect));
      const left = done.get(key)?.filter(isOwed) ?? [];
      if (left.length === 0) done.delete(key);
      else done.set(key, left);
    },
    drop(key) {
      done.delete(key);
    },
    has: (key) => done.has(key),
    keys: () => [...done.keys()],
  };
}
