import type { Step } from './step.js';

/**
 * Find an entity that the rest of the route is about.
 *
 * @param name under which later steps find it
 * @param errors codes of what `find` throws when there is no such entity, or when it cannot be used
 */
export function needs(name: string, errors: readonly string[], find: (gathered: object) => Promise<unknown>): Step {
  return {
    contract: { kind: 'needs', errors },
    run: async (_ctx, gathered) => ({ [name]: await find(gathered) }),
  };
}
