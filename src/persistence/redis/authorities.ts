import { readFile } from 'node:fs/promises';

import { InvalidInputError } from '../../errors.js';

/**
 * Read the certificates of the authorities that may have issued the Redis server's certificate.
 *
 * @param file path of a PEM file
 * @throws InvalidInputError the file cannot be read, or contains no certificate
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
