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

/** An effect that a transition requests, or the keys of pending effects that it withdraws; in the order of the chart. */
export type NamedEffect = { name: string; params: EffectParams } | { withdraw: string[] };

/** The result of one event for an actor. */
export interface Step<Context extends object> {
  /** False: the event changes nothing, and nothing is saved. */
  changed: boolean;
  state: StateValue;
  context: Context;
  named: NamedEffect[];
  /** Whether the state has the tag `settled` or is final: the save that enters it waits for the disk. */
  settled: boolean;
}

/** Tag of the states for which a save waits for the disk. */
const SETTLED = 'settled';
/** Name of the action by which a chart withdraws pending effects. */
const WITHDRAW = 'withdraw';

/** Whether XState reserves the type for its own events. From outside, such an event could forge a completion or an error. */
export function isReservedEventType(type: string): boolean {
  return type.startsWith('xstate.');
}

/** The first step of a new actor: its initial state, and the effects that entering it requests. Pure. */
export function firstStep<Context extends object, Event extends ActorEvent>(
  definition: ActorDefinition<Context, Event>,
  input: unknown,
): Step<Context> {
  const [snapshot, actions] = initialTransition(definition.machine, input);
  // XState returns an error of the initial transition in the snapshot, and throws later errors.
  if (snapshot.status === 'error') throw snapshot.error;
  return { changed: true, ...resultOf(definition, snapshot, actions) };
}

/**
 * Applies one event to a stored actor. Pure: XState returns the actions without running them.
 *
 * @throws any error of a guard or assignment of the machine; the document is unchanged
 */
export function nextStep<Context extends object, Event extends ActorEvent>(
  definition: ActorDefinition<Context, Event>,
  document: ActorDocument<Context>,
  event: Event,
): Step<Context> {
  const { machine } = definition;
  const before = machine.resolveState({ value: document.tally.state, context: contextOf(document) });
  // XState would process events in a final state, too.
  const [after, actions] = before.status === 'active' ? transition(begunAt(machine, before), before, event) : [before, []];
  const result = resultOf(definition, after, actions);
  // XState returns the same snapshot if a transition only requests effects, and a new one after any assignment.
  return { changed: after !== before || result.named.length > 0, ...result };
}

type Logic = ActorLogic<AnyMachineSnapshot, AnyEventObject>;

/**
 * The machine with this snapshot as its initial one. XState's `transition` creates an actor for each step, and an actor computes
 * the initial snapshot, which no step uses and which costs as much as the step itself.
 */
function begunAt({ transition, getPersistedSnapshot }: AnyStateMachine, snapshot: AnyMachineSnapshot): Logic {
  return { transition, getPersistedSnapshot, getInitialSnapshot: () => snapshot };
}

/** The part of XState's snapshot that a step uses. */
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

/** Removes the undefined members of a context, which is stored as plain JSON. */
function withoutUndefined(context: object): object {
  return Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined));
}
