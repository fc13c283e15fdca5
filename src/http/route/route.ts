import type { CredentialKind, Principal } from '../auth/principal.js';
import { allows } from './allows.js';
import { answers, type Reply } from './answers.js';
import type { HttpContext, HttpRouter } from './context.js';
import { type Read, reads } from './reads.js';
import type { Declared, Parts, Services, Step } from './step.js';

type Method = 'get' | 'post' | 'delete';

/** One endpoint as a list of steps. They run in the order of the list; the first that throws ends the request. */
export interface Route {
  /** Stable, for logs: `recordings.start`. */
  name: string;
  method: Method;
  path: string;
  steps: readonly Step[];
}

/** A route in the making. Each step sees what the steps before it gathered. */
export interface RouteBuilder<Gathered extends object> {
  /** Answers 401 unless the request carries one of these credentials, tried in this order. */
  allows(...credentials: CredentialKind[]): RouteBuilder<Gathered & { principal: Principal }>;
  /** Answers 422 unless the parts fit their schemas: see `reads`. */
  reads<P extends Parts>(parts: P): RouteBuilder<Gathered & Read<P>>;
  /** Names the work of the steps that follow; completes `Unexpected error while …`. */
  doing(operation: string | ((gathered: Gathered) => string)): RouteBuilder<Gathered>;
  /** Finds an entity, or ends the request with one of these errors. */
  needs<Name extends string, Entity>(
    name: Name,
    errors: readonly string[],
    find: (gathered: Gathered) => Promise<Entity>,
  ): RouteBuilder<Gathered & Record<Name, Entity>>;
  /** Declares the codes of errors that the handler may throw. */
  fails(...errors: string[]): RouteBuilder<Gathered>;
  /** Ends the route: declares its answers and the handler, which returns one of them. */
  answers<D extends Declared>(declared: D, handle: (gathered: Gathered, ctx: HttpContext) => Promise<Reply<D>>): Route;
}

type Head = Omit<Route, 'steps'>;

const head =
  (method: Method) =>
  (name: string, path: string): RouteBuilder<object> =>
    build({ name, method, path }, [], []);

export const get = head('get');
export const post = head('post');
export const del = head('delete');

function build<Gathered extends object>(route: Head, steps: readonly Step[], errors: readonly string[]): RouteBuilder<Gathered> {
  const then = <Added extends object>(step: Step) => build<Gathered & Added>(route, [...steps, step], errors);
  return {
    allows: (...credentials) => then(allows(credentials)),
    reads: (parts) => then(reads(parts)),
    doing: (operation) => then(doing(operation as string | ((gathered: object) => string))),
    needs: (name, codes, find) => then(needs(name, codes, find as (gathered: object) => Promise<unknown>)),
    fails: (...codes) => build(route, steps, [...errors, ...codes]),
    answers: (declared, handle) => ({
      ...route,
      steps: [...steps, answers(declared, errors, handle as Parameters<typeof answers>[2])],
    }),
  };
}

function doing(operation: string | ((gathered: object) => string)): Step {
  return {
    contract: { kind: 'doing', errors: [] },
    run(ctx, gathered) {
      ctx.state.operation = typeof operation === 'string' ? operation : operation(gathered);
      return undefined;
    },
  };
}

/** @param name under which later steps receive the entity */
function needs(name: string, errors: readonly string[], find: (gathered: object) => Promise<unknown>): Step {
  return {
    contract: { kind: 'needs', errors },
    run: async (_ctx, gathered) => ({ [name]: await find(gathered) }),
  };
}

/** Add routes to a router. When two routes match a path, the earlier one serves it. */
export function mount(router: HttpRouter, routes: readonly Route[], services: Services): void {
  for (const { name, method, path, steps } of routes) {
    router[method](path, async (ctx) => {
      ctx.state.route = name;
      let gathered: object = {};
      for (const step of steps) gathered = { ...gathered, ...(await step.run(ctx, gathered, services)) };
    });
  }
}
