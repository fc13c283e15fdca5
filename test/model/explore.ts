import { createModel, type Edge, type Model } from './actions.js';
import { StepViolation } from './documents.js';
import { brokenAtRest, brokenAtTheEnd, brokenIn } from './invariants.js';
import { RULES, type Rules } from './rules.js';
import { type Budgets, copyOf, createWorld, decode, encode, type World } from './world.js';

export interface Counterexample {
  broken: string;
  /** The shortest list of events that leads to the violation. */
  events: string[];
}

export interface Exploration {
  states: number;
  edges: number;
  /** The number of distinct worlds visited while worlds came to rest. */
  settling: number;
  documents: number;
  seconds: number;
  violation?: Counterexample;
}

export interface ExploreOptions {
  budgets: Budgets;
  rules?: Partial<Rules>;
}

/** Edges of this urgency or more are requests of clients, not progress. */
const CLIENTS = 20;

/** Visits every reachable world breadth first, so that the first violation found has a shortest list of events. */
export async function explore({ budgets, rules }: ExploreOptions): Promise<Exploration> {
  const begunAt = performance.now();
  const model = createModel({ ...RULES, ...rules });
  const rest = createRest(model);
  const first = encode(createWorld(model.documents.begin(0), budgets));
  const numbers = new Map([[first, 0]]);
  const texts = [first];
  const parents = [-1];
  const labels = [''];
  /** For each world, its successor without faults and without requests of clients; the world itself when it is at rest. */
  const calm: number[] = [];
  const calmLabels: string[] = [];
  let edges = 0;

  const summary = (violation?: Counterexample): Exploration => ({
    states: texts.length,
    edges,
    settling: rest.size(),
    documents: model.documents.count(),
    seconds: (performance.now() - begunAt) / 1_000,
    ...(violation === undefined ? {} : { violation }),
  });
  const trace = (at: number): string[] => (at <= 0 ? [] : [...trace(parents[at] ?? -1), labels[at] ?? '']);

  function reach(edge: Edge, from: number): number {
    const text = encode(edge.world);
    const found = numbers.get(text);
    if (found !== undefined) return found;
    numbers.set(text, texts.length);
    texts.push(text);
    parents.push(from);
    labels.push(edge.label);
    return texts.length - 1;
  }

  for (let at = 0; at < texts.length; at++) {
    const world = decode(texts[at] ?? '');
    const broken = brokenIn(model, world);
    if (broken !== undefined) return summary({ broken, events: trace(at) });
    calm.push(at);
    calmLabels.push('');
    if (!isFollowed(model, world)) continue;
    let urgency = CLIENTS;
    for (const edge of await edgesOf(model, world)) {
      edges += 1;
      if (edge.violation !== undefined) return summary({ broken: edge.violation, events: [...trace(at), edge.label] });
      const target = reach(edge, at);
      if (edge.isFault || edge.urgency >= urgency) continue;
      urgency = edge.urgency;
      calm[at] = target;
      calmLabels[at] = edge.label;
    }
  }
  const unsettled = await settle();
  return summary(unsettled);

  /** Checks that every world comes to rest without a violation: first along the known successors, then by `rest`. */
  async function settle(): Promise<Counterexample | undefined> {
    const isGood = new Uint8Array(texts.length);
    for (let begin = 0; begin < texts.length; begin++) {
      const way = [begin];
      const passed = new Set(way);
      let at = begin;
      let broken: Counterexample | undefined;
      while (isGood[at] === 0) {
        const next = calm[at] ?? at;
        if (next === at) {
          broken = await rest.from(decode(texts[at] ?? ''));
          break;
        }
        if (passed.has(next)) {
          broken = { broken: 'I4 it comes to rest', events: [] };
          break;
        }
        way.push(next);
        passed.add(next);
        at = next;
      }
      if (broken !== undefined) {
        const calmly = way.map((each) => calmLabels[each] ?? '').filter((label) => label !== '');
        return { ...broken, events: [...trace(begin), '— no more faults —', ...calmly, ...broken.events] };
      }
      for (const each of way) isGood[each] = 1;
    }
    return undefined;
  }
}

/** The second recording is followed until it is active or its start is cancelled; from then on it behaves like the first one. */
function isFollowed(model: Model, world: World): boolean {
  const second = model.known(world.sides[1]);
  return second === undefined || ['starting.requesting', 'starting.awaiting', 'starting.confirming'].includes(second.state);
}

export async function edgesOf(model: Model, world: World): Promise<Edge[]> {
  try {
    return await model.edges(world);
  } catch (error) {
    if (!(error instanceof StepViolation)) throw error;
    return [{ label: 'the next step', world, urgency: 0, isFault: false, violation: error.message }];
  }
}

const MAX_STEPS = 400;

export interface Rest {
  /** Lets a world come to rest without further faults, then stops all recordings and lets all participants leave. */
  from(world: World): Promise<Counterexample | undefined>;
  size(): number;
}

export function createRest(model: Model): Rest {
  /** Worlds that come to rest without a violation, with their phase. */
  const good = new Set<string>();

  async function run(world: World, phase: 0 | 1, events: string[]): Promise<Counterexample | undefined> {
    const passed = new Set<string>();
    let current = world;
    for (let step = 0; ; step++) {
      const text = `${phase}${encode(current)}`;
      if (good.has(text)) break;
      if (step > MAX_STEPS || passed.has(text)) return { broken: 'I4 it comes to rest', events: events.slice(0, step + 40) };
      passed.add(text);
      const edge = (await edgesOf(model, current))
        .filter(({ urgency }) => urgency < CLIENTS)
        .reduce<Edge | undefined>((best, each) => (best === undefined || each.urgency < best.urgency ? each : best), undefined);
      if (edge === undefined) {
        const broken = await atRest(current, phase, events);
        if (broken !== undefined) return broken;
        break;
      }
      events.push(edge.label);
      if (edge.violation !== undefined) return { broken: edge.violation, events };
      current = edge.world;
      const broken = brokenIn(model, current);
      if (broken !== undefined) return { broken, events };
    }
    for (const text of passed) good.add(text);
    return undefined;
  }

  async function atRest(world: World, phase: 0 | 1, events: string[]): Promise<Counterexample | undefined> {
    const broken = phase === 0 ? brokenAtRest(model, world) : brokenAtTheEnd(model, world);
    if (broken !== undefined) return { broken, events };
    if (phase === 1) return undefined;
    const next = await leave(world, events);
    return run(next, 1, events);
  }

  /** Stops all recordings by client requests, and lets all participants leave. */
  async function leave(world: World, events: string[]): Promise<World> {
    let current = { ...copyOf(world), stops: 2 };
    for (;;) {
      const edge = (await edgesOf(model, current)).find(({ label }) => label.endsWith('asks to stop'));
      if (edge === undefined) break;
      events.push(edge.label);
      current = edge.world;
    }
    events.push('everybody leaves');
    return { ...current, stops: 0, room: 1, roomFlushed: false };
  }

  return {
    from: (world) =>
      run({ ...copyOf(world), crashes: 0, network: 0, livekit: 0, stops: 0, deletes: 0, seconds: 0, leaves: 0 }, 0, []),
    size: () => good.size,
  };
}
