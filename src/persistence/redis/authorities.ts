import { readFile } from 'node:fs/promises';

import { InvalidInputError } from '../../errors.js';

/**
 * Certificates of the authorities that Redis's own certificate may come from.
 *
 * @param file in PEM
 * @throws InvalidInputError the file cannot be read, or has no certificate
 */
export async function readAuthorities(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new InvalidInputError(`TALLY_REDIS_TLS_CA ${file} cannot be read`, { cause });
  });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new InvalidInputError(`TALLY_REDIS_TLS_CA ${file} has no certificate in PEM`);
  }
  return text;
}
