import { InvalidInputError } from '../errors.js';

/** @param issues each is a variable and what is wrong with it, in words that follow its name */
export function refusal(issues: { field: string; message: string }[]): InvalidInputError {
  return new InvalidInputError(issues.map(({ field, message }) => `${field} ${message}`).join('; '), { details: { issues } });
}
