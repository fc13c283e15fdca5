import { describe, expect, it } from 'vitest';

import { authErrors } from '../../src/http/auth/errors.js';
import type { Capability } from '../../src/http/route/capability.js';
import { commonErrors } from '../../src/http/server/errors.js';
import { createErrorTable } from '../../src/http/server/error-table.js';
import { createEdge } from './support.js';

async function allCapabilities(): Promise<readonly Capability[]> {
  return (await createEdge()).capabilities;
}

describe('the errors of routes', () => {
  it('have a row in the error table wherever a route declares one', async () => {
    const capabilities = await allCapabilities();
    const rows = new Set([commonErrors, authErrors, ...capabilities.map(({ errors = {} }) => errors)].flatMap(Object.keys));
    const declared = capabilities
      .flatMap(({ routes = [] }) => routes)
      .flatMap(({ name, steps }) => steps.flatMap(({ contract }) => contract.errors.map((code) => ({ name, code }))));
    expect(declared.length).toBeGreaterThan(0);
    expect(declared.filter(({ code }) => !rows.has(code))).toEqual([]);
  });

  it('have one row each: a second row for a code is refused', () => {
    const rows = { 'some.error': { status: 400, name: 'Some Error' } };
    expect(() => createErrorTable([rows, rows])).toThrow("Two rows for the error 'some.error'");
  });
});

describe('the names of routes', () => {
  it('differ, and every route ends with its answers', async () => {
    const routes = (await allCapabilities()).flatMap(({ routes: own = [] }) => own);
    expect(new Set(routes.map(({ name }) => name)).size).toBe(routes.length);
    for (const { steps } of routes) expect(steps.at(-1)?.contract.kind).toBe('answers');
  });
});
