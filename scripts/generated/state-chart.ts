import type { AnyStateNode } from 'xstate';

/** A way from one state to another. */
interface Way {
  from: AnyStateNode;
  to: AnyStateNode;
  /** Undefined: taken at once, when the guard holds. */
  event: string | undefined;
  guard: string | undefined;
}

/**
 * A chart as a mermaid state diagram. What leaves a state that has states inside is drawn from its border, whichever of them it leaves
 * from; states that an actor leaves at once are not drawn. A guard is shown where its event leads to several states.
 */
export function stateDiagram(root: AnyStateNode): string {
  const ways = statesBelow(root).filter(isLeaf).flatMap(waysFrom);
  return ['stateDiagram-v2', ...indented(['direction LR', ...insideOf(root, ways)])].join('\n');
}

/** The described states of a chart and what each means: a Markdown table. */
export function stateTable(root: AnyStateNode): string {
  const rows = statesBelow(root).flatMap(({ path, description }) =>
    description === undefined ? [] : [`| \`${path.join('.')}\` | ${description} |`],
  );
  return ['| state | meaning |', '| --- | --- |', ...rows].join('\n');
}

function insideOf(parent: AnyStateNode, ways: readonly Way[]): string[] {
  const composites = childrenOf(parent).filter((state) => childrenOf(state).length > 0);
  return [
    ...entriesOf(parent),
    ...composites.flatMap((state) => [`state ${state.key} {`, ...indented(insideOf(state, ways)), '}']),
    ...arrowsIn(parent, ways),
  ];
}

function entriesOf(parent: AnyStateNode): string[] {
  const [first] = parent.initial.target ?? [];
  if (first === undefined) return [];
  const entries = isPassing(first)
    ? (first.always ?? []).flatMap(({ target = [], guard }) => target.map((to) => ({ to, guard: nameOf(guard) })))
    : [{ to: first, guard: undefined }];
  return entries.map(({ to, guard }) => arrow('[*]', idOf(to), guard === undefined ? [] : [`[${guard}]`]));
}

/** The arrows between the states directly in this one. */
function arrowsIn(parent: AnyStateNode, ways: readonly Way[]): string[] {
  const lifted = ways.flatMap((way) => {
    const [from, to] = [childHolding(parent, way.from), childHolding(parent, way.to)];
    return from === undefined || to === undefined || from === to ? [] : [{ ...way, from, to }];
  });
  const labels = new Map<string, Set<string>>();
  for (const { from, to, event, guard } of lifted) {
    const goals = new Set(lifted.filter((other) => other.from === from && other.event === event).map((other) => other.to));
    const shown = guard !== undefined && (event === undefined || goals.size > 1) ? `[${guard}]` : undefined;
    const label = [event, shown].filter((part) => part !== undefined).join(' ');
    const key = `${idOf(from)} ${idOf(to)}`;
    labels.set(key, (labels.get(key) ?? new Set()).add(label));
  }
  return [...labels].map(([key, all]) => {
    const [from = '', to = ''] = key.split(' ');
    return arrow(from, to, [...all]);
  });
}

function arrow(from: string, to: string, labels: readonly string[]): string {
  return `${from} --> ${to}${labels.length === 0 ? '' : `: ${labels.join('<br/>')}`}`;
}

/** Every way out of a state: its own, and those of the states around it for the events that it does not take itself. */
function waysFrom(leaf: AnyStateNode): Way[] {
  const ways: Way[] = [];
  const taken = new Set<string>();
  for (let state: AnyStateNode | undefined = leaf; state !== undefined; state = state.parent) {
    const own = [...state.transitions, ['', state.always ?? []] as const].filter(([event]) => !taken.has(event));
    for (const [event, transitions] of own) {
      for (const { target = [], guard } of transitions) {
        for (const to of target) ways.push({ from: leaf, to, event: event || undefined, guard: nameOf(guard) });
        if (guard === undefined) taken.add(event);
      }
    }
  }
  return ways;
}

function statesBelow(node: AnyStateNode): AnyStateNode[] {
  return childrenOf(node).flatMap((state) => [state, ...statesBelow(state)]);
}

function childrenOf(node: AnyStateNode): AnyStateNode[] {
  return Object.values(node.states).filter((state) => !isPassing(state));
}

/** Left as soon as it is entered. */
function isPassing({ always = [] }: AnyStateNode): boolean {
  return always.some(({ guard }) => guard === undefined);
}

function isLeaf(state: AnyStateNode): boolean {
  return childrenOf(state).length === 0;
}

/** The state directly in this one that another state is, or is in; undefined: that one is elsewhere. */
function childHolding(parent: AnyStateNode, state: AnyStateNode): AnyStateNode | undefined {
  if (state.parent === parent) return state;
  return state.parent === undefined ? undefined : childHolding(parent, state.parent);
}

/** States of one name have the name of the state around them before it. */
function idOf({ key, parent, machine }: AnyStateNode): string {
  const isOnlyOne = statesBelow(machine.root).filter((state) => state.key === key).length === 1;
  return isOnlyOne || parent === undefined ? key : `${parent.key}_${key}`;
}

function nameOf(guard: unknown): string | undefined {
  return guard === undefined ? undefined : typeof guard === 'string' ? guard : (guard as { type: string }).type;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
