import { randomBytes } from 'node:crypto';

/** Without 0, 1, I, O and l, as livekit/protocol `utils/guid` has it. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

export type IdPrefix = 'EG_' | 'RM_' | 'PA_' | 'EV_' | 'TR_VC' | 'TR_AM';

/** A LiveKit id: the prefix and twelve random characters. */
export function newId(prefix: IdPrefix): string {
  let id: string = prefix;
  for (const byte of randomBytes(12)) id += ALPHABET.charAt(byte % ALPHABET.length);
  return id;
}
