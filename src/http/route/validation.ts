import type { z } from 'zod';

import { InvalidInputError } from '../../errors.js';
import { validationMessage } from './validation-messages.js';

/** One complaint about a request, as the client reads it. */
export interface FieldIssue {
  field: string;
  message: string;
}

export type Parsed<Output> = { ok: true; value: Output } | { ok: false; issues: FieldIssue[] };

/** @param prefix first part of all field paths in the issues; '' for none */
export function parseInput<Output>(schema: z.ZodType<Output>, input: unknown, prefix = ''): Parsed<Output> {
  const result = schema.safeParse(input, { error: validationMessage });
  if (result.success) return { ok: true, value: result.data };
  const issues = result.error.issues.map(({ path, message }) => ({
    field: [...(prefix === '' ? [] : [prefix]), ...path].map(String).join('.'),
    message,
  }));
  return { ok: false, issues };
}

export function invalidRequest(issues: FieldIssue[]): InvalidInputError {
  return new InvalidInputError('Invalid request', { details: { issues } });
}
