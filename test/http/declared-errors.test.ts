import { describe, expect, it } from 'vitest';

import { authErrors } from '../../src/http/auth/errors.js';
import type { Capability } from '../../src/http/route/capability.js';
import { commonErrors } from '../../src/http/server/errors.js';
import { createErrorTable } from '../../src/http/server/error-table.js';
import { createEdge } from './support/edge.js';

async function allCapabilities(): Promise<readonly Capability[]> {
  return (await createEdge()).capabilities;
}

describe('the errors that routes declare', () => {
  it('all have a row in the error table', async () => {
    const capabilities = await allCapabilities();
    const rows = new Set([commonErrors, authErrors, ...capabilities.map(({ errors = {} }) => errors)].flatMap(Object.keys));
    const declared = capabilities
      .flatMap(({ routes = [] }) => routes)
      .flatMap(({ name, steps }) => steps.flatMap(({ contract }) => contract.errors.map((code) => ({ name, code }))));
    expect(declared.length).toBeGreaterThan(0);
    expect(declared.filter(({ code }) => !rows.has(code))).toEqual([]);
  });

  it('have one row each: the table refuses a second row for a code', () => {
    const rows = { 'some.error': { status: 400, name: 'Some Error' } };
    expect(() => createErrorTable([rows, rows])).toThrow("Two rows for the error 'some.error'");
  });
});

describe('all routes', () => {
  it('have different names and end with the step that answers', async () => {
    const routes = (await allCapabilities()).flatMap(({ routes: own = [] }) => own);
    expect(new Set(routes.map(({ name }) => name)).size).toBe(routes.length);
    for (const { steps } of routes) expect(steps.at(-1)?.contract.kind).toBe('answers');
  });
});
