import type { ActorDocument, KernelFields } from '../../machines/kernel/document.js';
import { foldName } from '../folded-name.js';
import type { Stored } from './connect.js';

/** Functions that compute the fields stored only for an index. Loading drops these fields. An undefined value is not stored. */
type Derived<Context extends object> = Record<string, (document: ActorDocument<Context>, key: string) => unknown>;

/** Converts between documents and their stored form; fields that the mapper does not know are kept in both directions. */
export interface Mapper<Context extends object> {
  toStored(key: string, document: ActorDocument<Context>): Record<string, unknown>;
  toDocument(stored: Stored): ActorDocument<Context>;
}

/** Matches documents that have Tally's state. A document that OpenVidu Meet adds meanwhile gets its state at the next start. */
export const IS_TAKEN_IN = { tally: { $ne: null } };
export function isTakenIn(stored: Stored): boolean {
  return (stored['tally'] ?? undefined) !== undefined;
}

/** @param ofTally derived fields inside `tally`, besides `tally.owing`, which is the document's key while an effect is pending */
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

/** The name by which lists find a document. A tombstone has none. */
export function foldedName({ roomName }: { roomName?: string }): string | undefined {
  return roomName === undefined ? undefined : foldName(roomName);
}
