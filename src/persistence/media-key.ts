import { InvalidInputError } from '../errors.js';

/**
 * A media key as every adapter takes it: relative, `/`-separated, and unable to leave the folder or prefix it is under.
 *
 * @throws InvalidInputError empty, absolute, with a NUL, or with an empty, `.` or `..` segment
 */
export function assertMediaKey(key: string): void {
  const isSafe = !key.includes('\0') && key.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  if (!isSafe) throw new InvalidInputError(`Not a media key: ${JSON.stringify(key)}`);
}
