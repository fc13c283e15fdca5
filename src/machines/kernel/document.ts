/** Parameters of an effect: plain values that are stored with it. */
export type EffectParams = Readonly<Record<string, string | number | boolean>>;

/** XState's state value: `'active'` or `{ starting: 'awaiting' }`. */
export type StateValue = string | { [region: string]: StateValue | undefined };

/** A pending effect: I/O that a stored transition requested and that is not yet known to have happened. */
export interface PendingEffect {
  /** Unique within the document: a new effect replaces a pending one with the same key. */
  key: string;
  name: string;
  params: EffectParams;
  /** The document version that added the effect; distinguishes it from a later effect with the same key. */
  since: number;
  /** Number of attempts that did not succeed. */
  attempts: number;
  /** The effect does not run before this time, epoch milliseconds. */
  notBefore: number;
  /** Until this time, epoch milliseconds, only the instance `leasedBy` may run the effect. */
  leaseUntil: number;
  leasedBy: string;
}

/** Whether both are the same effect, not an earlier and a later effect with the same key. */
export function isSameEffect(one: PendingEffect, other: PendingEffect): boolean {
  return one.key === other.key && one.since === other.since;
}

export interface HistoryEntry {
  /** Epoch milliseconds. */
  at: number;
  /** The document version that the transition produced. Absent in entries of the first release. */
  version?: number;
  from: string;
  to: string;
  event: string;
  /** Where the event came from: `rest`, `webhook`, `reconcile`, `effect`, `deadline`, … */
  source: string;
  instance: string;
}

/** The fields of an actor's document that belong to the kernel. */
export interface KernelFields {
  state: StateValue;
  machineVersion: number;
  /** Increases by one at each save; compare-and-set on it prevents lost updates. */
  version: number;
  effects: PendingEffect[];
  /** The last 100 transitions, oldest first. */
  history: HistoryEntry[];
  /**
   * Time of the last transition, epoch milliseconds of the shared clock. Saves that change only effects do not change it. Absent
   * in documents of the first release.
   */
  changedAt?: number;
  /** When a sweep looks at the document next, for a deadline, effect, lease or removal, epoch milliseconds; null: never. */
  dueAt: number | null;
  /** Nonce of the write that produced this version. After a lost answer, the writer finds here whether its write happened. */
  lastWrite: string;
  /** Nonces of the writes before, oldest first, up to seven, because other writers may have written since. */
  earlierWrites?: string[];
}

/** One document per actor: the machine's context at the top level, the kernel's fields under `tally`. */
export type ActorDocument<Context extends object> = Context & { tally: KernelFields };

export const HISTORY_LIMIT = 100;
/** Number of nonces that a document keeps besides the newest. */
const EARLIER_WRITES = 7;

/** The nonces that the next version of a document contains. */
export function nextWrites(previous: KernelFields | undefined, nonce: string): Pick<KernelFields, 'lastWrite' | 'earlierWrites'> {
  const earlier = previous === undefined ? [] : [...(previous.earlierWrites ?? []), previous.lastWrite];
  return { lastWrite: nonce, ...(earlier.length === 0 ? {} : { earlierWrites: earlier.slice(-EARLIER_WRITES) }) };
}

/**
 * Whether the write with this nonce happened. `unknown`: so many writes followed that the document may have dropped the nonce.
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

/** The document without this effect; a later effect with the same key stays. */
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
