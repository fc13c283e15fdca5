import { randomBytes } from 'node:crypto';

/** The alphabet of livekit/protocol, `utils/guid`: without 0, 1, I, O and l. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

const ID_LENGTH = 12;

export type IdPrefix = 'EG_' | 'RM_' | 'PA_' | 'EV_' | 'TR_VC' | 'TR_AM';

/** Random bytes are drawn in blocks, because a system call per id would slow down thousands of starts a second. */
const POOL_BYTES = 4096;
let pool = randomBytes(POOL_BYTES);
let used = 0;

/** A LiveKit id: the prefix and twelve random characters. */
export function newId(prefix: IdPrefix): string {
  if (used + ID_LENGTH > pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  let id: string = prefix;
  for (const byte of pool.subarray(used, used + ID_LENGTH)) id += ALPHABET.charAt(byte % ALPHABET.length);
  used += ID_LENGTH;
  return id;
}
