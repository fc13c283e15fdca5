import { createRandom } from '../support/random.js';
import { createModel, type Model } from './actions.js';
import { type Counterexample, createRest, edgesOf, type Rest } from './explore.js';
import { brokenIn } from './invariants.js';
import { RULES } from './rules.js';
import { type Budgets, createWorld } from './world.js';

const MAX_STEPS = 400;

/** Makes random walks that share the worlds already visited. */
export interface Walker {
  /** Makes one long walk drawn by the seed. @returns its length, and the invariant that it broke */
  walk(seed: number, budgets: Budgets): Promise<{ steps: number; violation?: Counterexample }>;
  settling(): number;
}

export function createWalker(): Walker {
  const model = createModel(RULES);
  const rest = createRest(model);
  return { walk: (seed, budgets) => walk(model, rest, seed, budgets), settling: () => rest.size() };
}

async function walk(model: Model, rest: Rest, seed: number, budgets: Budgets) {
  const random = createRandom(seed);
  const events: string[] = [];
  let world = createWorld(model.documents.begin(0), budgets);
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const broken = brokenIn(model, world);
    if (broken !== undefined) return { steps, violation: { broken, events } };
    const unsettled = await rest.from(world);
    if (unsettled !== undefined) {
      return { steps, violation: { ...unsettled, events: [...events, '— no more faults —', ...unsettled.events] } };
    }
    const edges = await edgesOf(model, world);
    const edge = edges[random.below(edges.length)];
    if (edge === undefined) return { steps };
    events.push(edge.label);
    if (edge.violation !== undefined) return { steps, violation: { broken: edge.violation, events } };
    world = edge.world;
  }
  return { steps: MAX_STEPS };
}
