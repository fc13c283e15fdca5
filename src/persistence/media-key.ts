import { InvalidInputError } from '../errors.js';

/**
 * Check a media key, which must be relative, `/`-separated, and unable to leave the media folder or the bucket's prefix.
 *
 * @throws InvalidInputError the key is empty or absolute, or contains a NUL or an empty, `.` or `..` segment
 */
export function assertMediaKey(key: string): void {
  const isSafe = !key.includes('\0') && key.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  if (!isSafe) throw new InvalidInputError(`Not a media key: ${JSON.stringify(key)}`);
}
