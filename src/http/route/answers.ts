import type { z } from 'zod';

import type { HttpContext } from './context.js';
import type { Content, Declared, Step } from './step.js';

/** One of the declared answers. */
export type Reply<D extends Declared> = {
  [Status in keyof D & number]: D[Status] extends z.ZodType
    ? { status: Status; body: z.output<D[Status]>; location?: string }
    : { status: Status };
}[keyof D & number];

/** An answer whose body is bytes of this type. */
export function content(contentType: string): Content {
  return { contentType };
}

export const NO_CONTENT: Content = { contentType: undefined };

export function ok<Body>(body: Body): { status: 200; body: Body } {
  return { status: 200, body };
}

/** @param location URL of the new entity */
export function created<Body>(body: Body, location: string): { status: 201; body: Body; location: string } {
  return { status: 201, body, location };
}

/** @param location URL of the entity, for the client to read while the work goes on */
export function accepted<Body>(body: Body, location: string): { status: 202; body: Body; location: string } {
  return { status: 202, body, location };
}

/**
 * The last step of a route: call the handler and answer with its reply.
 *
 * @param errors codes of the errors that `handle` may throw, apart from outages
 */
export function answers(
  declared: Declared,
  errors: readonly string[],
  handle: (gathered: object, ctx: HttpContext) => Promise<{ status: number; body?: unknown; location?: string }>,
): Step {
  return {
    contract: { kind: 'answers', declared, errors },
    async run(ctx, gathered) {
      const reply = await handle(gathered, ctx);
      ctx.status = reply.status;
      if (reply.location !== undefined) ctx.set('Location', reply.location);
      if ('body' in reply) {
        ctx.body = reply.body;
        ctx.set('Cache-Control', 'no-store'); // rooms show links with secrets
      }
      return undefined;
    },
  };
}
