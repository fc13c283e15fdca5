/** What an effect needs beside the document: plain values that are stored with it. */
export type EffectParams = Readonly<Record<string, string | number | boolean>>;

/** XState's state value: `'active'` or `{ starting: 'awaiting' }`. */
export type StateValue = string | { [region: string]: StateValue | undefined };

/** An effect that is owed: I/O named by a committed transition and not yet known to have happened. */
export interface PendingEffect {
  /** Unique within the document; an effect of the same key replaces. */
  key: string;
  name: string;
  params: EffectParams;
  /** The document version that added it: tells a replaced effect from its successor. */
  since: number;
  /** Attempts that have failed. */
  attempts: number;
  /** Epoch milliseconds before which it is not tried. */
  notBefore: number;
  /** Epoch milliseconds until which `leasedBy` alone may run it. */
  leaseUntil: number;
  leasedBy: string;
}

/** Whether this is the very effect, and not a predecessor or successor of the same key. */
export function isSameEffect(one: PendingEffect, other: PendingEffect): boolean {
  return one.key === other.key && one.since === other.since;
}

export interface HistoryEntry {
  /** Epoch milliseconds. */
  at: number;
  /** The document version that the transition made. Absent in entries of the first release. */
  version?: number;
  from: string;
  to: string;
  event: string;
  /** Where the event came from: `rest`, `webhook`, `reconcile`, `effect`, `deadline`, … */
  source: string;
  instance: string;
}

/** What the kernel keeps beside an actor's context. */
export interface KernelFields {
  state: StateValue;
  machineVersion: number;
  /** Grows by one at each save: the fence against lost updates. */
  version: number;
  effects: PendingEffect[];
  /** The last 100 transitions, oldest first. */
  history: HistoryEntry[];
  /**
   * Epoch milliseconds, by the clock that the instances share, of the last transition. Saves that only touch effects leave it alone.
   * Absent in documents of the first release.
   */
  changedAt?: number;
  /** Epoch milliseconds of the nearest deadline, effect, lease or removal; null when nothing is owed. */
  dueAt: number | null;
  /** A nonce of the write that produced this version: tells its writer that an unanswered save happened. */
  lastWrite: string;
  /** Those of the versions before, oldest first, as far as they are remembered: others may have written since. */
  earlierWrites?: string[];
}

/** One document per actor: the machine's context at top level, the kernel's fields under `tally`. */
export type ActorDocument<Context extends object> = Context & { tally: KernelFields };

export const HISTORY_LIMIT = 100;
/** How many writes a document remembers beside the newest. */
const EARLIER_WRITES = 7;

/** The nonces of the version after this one. */
export function nextWrites(previous: KernelFields | undefined, nonce: string): Pick<KernelFields, 'lastWrite' | 'earlierWrites'> {
  const earlier = previous === undefined ? [] : [...(previous.earlierWrites ?? []), previous.lastWrite];
  return { lastWrite: nonce, ...(earlier.length === 0 ? {} : { earlierWrites: earlier.slice(-EARLIER_WRITES) }) };
}

/**
 * Whether a write that was to produce this version happened. `unknown`: so many others wrote since that it is forgotten.
 */
export function hasWritten({ tally }: ActorDocument<object>, nonce: string, version: number): boolean | 'unknown' {
  const earlier = tally.earlierWrites ?? [];
  if (tally.lastWrite === nonce || earlier.includes(nonce)) return true;
  return version < tally.version - earlier.length ? 'unknown' : false;
}

export function contextOf<Context extends object>(document: ActorDocument<Context>): Context {
  const { tally: _kernel, ...context } = document;
  return context as unknown as Context;
}

/** The document without one effect; a successor of the same key stays. */
export function withoutEffect<Context extends object>(
  document: ActorDocument<Context>,
  effect: PendingEffect,
): ActorDocument<Context> {
  const effects = document.tally.effects.filter((owed) => !isSameEffect(owed, effect));
  return { ...document, tally: { ...document.tally, effects } };
}

/** `'active'` for `active`, `'starting.awaiting'` for a nested state. */
export function statePath(state: StateValue): string {
  if (typeof state === 'string') return state;
  return Object.entries(state)
    .map(([parent, child]) => (child === undefined ? parent : `${parent}.${statePath(child)}`))
    .join('|');
}
