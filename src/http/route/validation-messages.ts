import type { z } from 'zod';

/** The contract's names of JSON types. */
function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (Number.isNaN(value)) return 'nan';
  return typeof value;
}

/**
 * The contract's messages for zod's issues. A message in a schema has precedence; this function words the others.
 *
 * @see OpenVidu Meet's REST API: type mismatches and enums
 */
export const validationMessage: z.core.$ZodErrorMap = (issue) => {
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
