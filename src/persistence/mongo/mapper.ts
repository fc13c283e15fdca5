import type { ActorDocument, KernelFields } from '../../machines/kernel/document.js';
import type { Stored } from './connect.js';

/** Fields that are stored for an index and never loaded: a document says them already in another way. Undefined ones are left out. */
type Derived<Context extends object> = Record<string, (document: ActorDocument<Context>, key: string) => unknown>;

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

/** @param ofTally beside `tally.owing`, which is the key while an effect is owed */
export function createMapper<Context extends object>(fields: Derived<Context>, ofTally: Derived<Context> = {}): Mapper<Context> {
  const tally: Derived<Context> = {
    ...ofTally,
    owing: (document, key) => (document.tally.effects.length === 0 ? undefined : key),
  };
  const derive = (derived: Derived<Context>, document: ActorDocument<Context>, key: string) =>
    Object.fromEntries(Object.entries(derived).map(([name, valueOf]) => [name, valueOf(document, key)]));

  return {
    toStored: (key, document) => ({
      ...document,
      ...derive(fields, document, key),
      tally: { ...document.tally, ...derive(tally, document, key) },
    }),
    toDocument({ _id, ...stored }) {
      const kept = without(stored['tally'] as KernelFields & Record<string, unknown>, tally);
      return { ...without(stored, fields), tally: kept } as unknown as ActorDocument<Context>;
    },
  };
}

function without(value: Record<string, unknown>, names: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !Object.hasOwn(names, name)));
}
