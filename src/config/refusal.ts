import { InvalidInputError } from '../errors.js';

/** One error for all variables with a bad value. Each message continues the sentence that begins with the variable's name. */
export function refusal(...values: [variable: string, message: string][]): InvalidInputError {
  const issues = values.map(([field, message]) => ({ field, message }));
  return new InvalidInputError(values.map((value) => value.join(' ')).join('; '), { details: { issues } });
}
