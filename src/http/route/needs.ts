import type { Step } from './step.js';

/**
 * Find an entity for the rest of the route.
 *
 * @param name under which later steps receive the entity
 * @param errors codes of the errors that `find` throws when the entity is missing or cannot be used
 */
export function needs(name: string, errors: readonly string[], find: (gathered: object) => Promise<unknown>): Step {
  return {
    contract: { kind: 'needs', errors },
    run: async (_ctx, gathered) => ({ [name]: await find(gathered) }),
  };
}
