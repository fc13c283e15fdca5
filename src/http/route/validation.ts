import type { z } from 'zod';

import { InvalidInputError } from '../../errors.js';

/** One complaint about a request, as the client reads it. */
export interface FieldIssue {
  field: string;
  message: string;
}

/**
 * The contract's messages for zod's issues. A message in a schema has precedence; this function words the others.
 *
 * @see OpenVidu Meet's REST API: type mismatches and enums
 */
const validationMessage: z.core.$ZodErrorMap = (issue) => {
  const { input } = issue;
  if (issue.code === 'invalid_type') {
    return input === undefined ? 'Required' : `Expected ${issue.expected}, received ${typeName(input)}`;
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map((value) => `'${String(value)}'`).join(' | ');
    if (input === undefined) return 'Required';
    if (typeof input !== 'string') return `Expected ${allowed}, received ${typeName(input)}`;
    return `Invalid enum value. Expected ${allowed}, received '${input}'`;
  }
  return undefined;
};

type Parsed<Output> = { ok: true; value: Output } | { ok: false; issues: FieldIssue[] };

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

/** The first issues that a client reads; one more says how many there are beyond them. */
const SHOWN_ISSUES = 20;

export function invalidRequest(issues: readonly FieldIssue[]): InvalidInputError {
  const more = issues.length - SHOWN_ISSUES;
  const shown = more > 0 ? [...issues.slice(0, SHOWN_ISSUES), { field: '', message: `${String(more)} more issues` }] : issues;
  return new InvalidInputError('Invalid request', { details: { issues: shown } });
}

/** The contract's names of JSON types. */
function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (Number.isNaN(value)) return 'nan';
  return typeof value;
}
