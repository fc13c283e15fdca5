import type { AnyStateNode, TransitionDefinition } from 'xstate';

type AnyTransition = TransitionDefinition<never, never>;

/** Paths of the states in which an actor can rest. A state with an unconditional `always` is left at once. */
export function restingStates(root: AnyStateNode): string[] {
  return nodesOf(root)
    .filter((node) => node.type === 'atomic' || node.type === 'final')
    .filter((node) => (node.always ?? []).every((transition) => transition.guard !== undefined))
    .map((node) => node.path.join('.'));
}

/** Every transition that an event triggers, with a name made of its state, its event and its index in the list. */
export function transitionsOf(root: AnyStateNode): Map<AnyTransition, string> {
  return new Map(
    nodesOf(root).flatMap((node) =>
      [...node.transitions].flatMap(([event, list]) =>
        (list as unknown as AnyTransition[]).map(
          (transition, index) => [transition, `${node.path.join('.')} ${event} ${index}`] as const,
        ),
      ),
    ),
  );
}

function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}
