import { randomBytes } from 'node:crypto';

/** Without 0, 1, I, O and l, as livekit/protocol `utils/guid` has it. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

const ID_LENGTH = 12;

export type IdPrefix = 'EG_' | 'RM_' | 'PA_' | 'EV_' | 'TR_VC' | 'TR_AM';

/** Random bytes are fetched by the page: one system call per id is what thousands of starts a second would notice. */
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
