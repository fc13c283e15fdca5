import type { ActorDocument, KernelFields } from '../../machines/kernel/document.js';
import type { Stored } from './connect.js';

/** Fields that are stored for an index and never loaded: a document says them already in another way. */
export interface Derived {
  fields: Record<string, unknown>;
  tally: Record<string, unknown>;
}

export interface MapperOptions<Context extends object> {
  /** Names of everything that `derive` may give. */
  derived: { fields: readonly string[]; tally: readonly string[] };
  derive: (key: string, document: ActorDocument<Context>) => Derived;
}

/** The door between documents and what lies in the collection; fields that it does not know pass in both directions. */
export interface Mapper<Context extends object> {
  toStored(key: string, document: ActorDocument<Context>): Record<string, unknown>;
  toDocument(stored: Stored): ActorDocument<Context>;
}

/** Not what another program has written since our start: it has no state yet, and is taken in at the next start. */
export const IS_TAKEN_IN = { tally: { $ne: null } };
export function isTakenIn(stored: Stored): boolean {
  return (stored['tally'] ?? undefined) !== undefined;
}

/** `tally.owing`: the key while an effect is owed. */
const OWING = 'owing';

export function createMapper<Context extends object>({ derived, derive }: MapperOptions<Context>): Mapper<Context> {
  const dropped = { fields: new Set(['_id', ...derived.fields]), tally: new Set([OWING, ...derived.tally]) };

  return {
    toStored(key, document) {
      const { fields, tally } = derive(key, document);
      const owing = document.tally.effects.length === 0 ? {} : { [OWING]: key };
      return { ...document, ...fields, tally: { ...document.tally, ...tally, ...owing } };
    },
    toDocument(stored) {
      const tally = without(stored['tally'] as KernelFields & Record<string, unknown>, dropped.tally);
      return { ...without(stored, dropped.fields), tally } as unknown as ActorDocument<Context>;
    },
  };
}

function without(value: Record<string, unknown>, names: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)));
}
