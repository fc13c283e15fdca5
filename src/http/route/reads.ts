import { parse as parseQuery } from 'qs';
import type { z } from 'zod';

import { readBody } from './body.js';
import { IDS_MAX } from './comma-list.js';
import type { HttpContext } from './context.js';
import type { Parts, Step } from './step.js';
import { type FieldIssue, invalidRequest, parseInput } from './validation.js';

/** The parsed parts. */
export type Read<P extends Parts> = { [Part in keyof P]: P[Part] extends z.ZodType ? z.output<P[Part]> : never };

/** Parameters of a query, without repeated ids. */
const PARAMETERS_MAX = 200;
const REPEATED_ID = /^(room|recording)Ids(\[|%5B|=|$)/i;

const PARTS = ['params', 'query', 'headers', 'body'] as const;
const INPUT_ERRORS = ['input.invalid'];
const BODY_ERRORS = ['http.malformed_body', 'http.body_too_large', 'http.unsupported_charset'];

/**
 * Read and check parts of the request. Several parts are checked together, and errors name each field with its part, as in
 * `params.recordingId`; with a single part, errors name the bare field. Only a step with a `body` schema reads the body.
 */
export function reads(parts: Parts): Step {
  const schemas = PARTS.flatMap((part) => (parts[part] === undefined ? [] : [[part, parts[part]] as const]));
  return {
    contract: { kind: 'reads', parts, errors: parts.body === undefined ? INPUT_ERRORS : [...INPUT_ERRORS, ...BODY_ERRORS] },
    async run(ctx) {
      const read: Record<string, unknown> = {};
      const issues: FieldIssue[] = [];
      if (countParameters(ctx.querystring) > PARAMETERS_MAX)
        throw invalidRequest([{ field: '', message: 'Too many parameters' }]);
      for (const [part, schema] of schemas) {
        const parsed = parseInput(schema, await rawPart(ctx, part), schemas.length === 1 ? '' : part);
        if (parsed.ok) read[part] = parsed.value;
        else issues.push(...parsed.issues);
      }
      if (issues.length > 0) throw invalidRequest(issues);
      ctx.state.recordingId ??= recordingIdIn(read['params']);
      return read;
    },
  };
}

function rawPart(ctx: HttpContext, part: (typeof PARTS)[number]): unknown {
  switch (part) {
    case 'params':
      return ctx.params;
    case 'query': {
      // One id more than a list may have, so that its schema refuses the list. `qs` drops the parameters beyond the limit.
      const parameterLimit = PARAMETERS_MAX + IDS_MAX + 1;
      return parseQuery(ctx.querystring, { parameterLimit, arrayLimit: parameterLimit });
    }
    case 'headers':
      return ctx.headers;
    case 'body':
      return readBody(ctx);
  }
}

function countParameters(querystring: string): number {
  return querystring.split('&').filter((parameter) => parameter !== '' && !REPEATED_ID.test(parameter)).length;
}

function recordingIdIn(params: unknown): string | undefined {
  return (params as { recordingId?: string } | undefined)?.recordingId;
}
