import {
  type ActorLogic,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  initialTransition,
  transition,
} from 'xstate';

import type { ActorDefinition, ActorEvent } from './definition.js';
import { type ActorDocument, contextOf, type EffectParams, type StateValue } from './document.js';

/** An effect or a withdrawal that a transition named, in the order the chart names them. */
export type NamedEffect = { name: string; params: EffectParams } | { withdraw: string[] };

/** What one event makes of an actor. */
export interface Step<Context extends object> {
  /** False: the event changes nothing and nothing is to be written. */
  changed: boolean;
  state: StateValue;
  context: Context;
  named: NamedEffect[];
  /** The state carries the tag `settled` or is final: worth waiting for the disk. */
  settled: boolean;
}

/** The tag of states that are worth waiting for the disk. */
const SETTLED = 'settled';
/** The action by which a chart takes effects back. */
const WITHDRAW = 'withdraw';

/** Reserved by XState for its own events; from outside they could forge completions and errors. */
export function isReservedEventType(type: string): boolean {
  return type.startsWith('xstate.');
}

/** The first step of a new actor: its initial state and the effects that entering it names. Pure. */
export function firstStep<Context extends object, Event extends ActorEvent>(
  definition: ActorDefinition<Context, Event>,
  input: unknown,
): Step<Context> {
  const [snapshot, actions] = initialTransition(definition.machine, input);
  // XState gives a start that failed as a snapshot, and throws what fails later.
  if (snapshot.status === 'error') throw snapshot.error;
  return { changed: true, ...resultOf(definition, snapshot, actions) };
}

/**
 * What one event does to a stored actor. Pure: XState runs none of the actions that it gives.
 *
 * @throws whatever a guard or an assignment of the machine throws; the document is as it was
 */
export function nextStep<Context extends object, Event extends ActorEvent>(
  definition: ActorDefinition<Context, Event>,
  document: ActorDocument<Context>,
  event: Event,
): Step<Context> {
  const { machine } = definition;
  const before = machine.resolveState({ value: document.tally.state, context: contextOf(document) });
  // XState takes events in a final state, too.
  const [after, actions] = before.status === 'active' ? transition(begunAt(machine, before), before, event) : [before, []];
  const result = resultOf(definition, after, actions);
  // A transition that only names effects gives the same snapshot; an assignment gives another one, even of equal values.
  return { changed: after !== before || result.named.length > 0, ...result };
}

type Logic = ActorLogic<AnyMachineSnapshot, AnyEventObject>;

/**
 * The machine, begun at this snapshot. `transition` makes an actor for each step, and an actor asks for the initial snapshot, which
 * no step looks at and which costs a machine as much as the step itself.
 */
function begunAt({ transition, getPersistedSnapshot }: AnyStateMachine, snapshot: AnyMachineSnapshot): Logic {
  return { transition, getPersistedSnapshot, getInitialSnapshot: () => snapshot };
}

/** As much of XState's snapshot as a step is made of. */
interface Reached {
  value: StateValue;
  context: object;
  status: string;
  hasTag(tag: string): boolean;
}

function resultOf<Context extends object, Event extends ActorEvent>(
  { effects }: ActorDefinition<Context, Event>,
  snapshot: Reached,
  actions: readonly { type: string; params: unknown }[],
): Omit<Step<Context>, 'changed'> {
  return {
    state: snapshot.value,
    context: withoutUndefined(snapshot.context) as Context,
    named: actions.flatMap(({ type, params }): NamedEffect[] => {
      if (type === WITHDRAW) return [{ withdraw: (params as { keys: string[] }).keys }];
      return Object.hasOwn(effects, type) ? [{ name: type, params: (params ?? {}) as EffectParams }] : [];
    }),
    settled: snapshot.status === 'done' || snapshot.hasTag(SETTLED),
  };
}

/** Context is plain JSON: a member that was set to undefined is absent. */
function withoutUndefined(context: object): object {
  return Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined));
}
