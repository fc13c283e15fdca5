import { InvalidInputError } from '../errors.js';

/**
 * One error for all variables with a bad value.
 *
 * @param issues each `field` is a variable's name; its `message` continues the sentence that begins with that name
 */
export function refusal(issues: { field: string; message: string }[]): InvalidInputError {
  return new InvalidInputError(issues.map(({ field, message }) => `${field} ${message}`).join('; '), { details: { issues } });
}
