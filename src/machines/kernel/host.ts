import { type AnyStateMachine, createActor, type MachineSnapshot, type Snapshot } from 'xstate';

import type { ActorDefinition, ActorEvent } from './definition.js';
import { type ActorDocument, contextOf, type EffectParams, type StateValue } from './document.js';

/** An effect or a withdrawal that a transition named, in the order the chart names them. */
export type NamedEffect = { name: string; params: EffectParams } | { withdraw: string[] };

export interface Step<Context extends object> {
  /** False: the event changes nothing and nothing is to be written. */
  changed: boolean;
  state: StateValue;
  context: Context;
  named: NamedEffect[];
  /** The state carries the tag `settled` or is final: worth waiting for the disk. */
  settled: boolean;
}

export interface Host<Context extends object, Event extends ActorEvent> {
  /** The first step of a new actor: its initial state and the effects that entering it names. */
  begin(input: unknown): Step<Context>;
  /** What one event does to a stored actor. Pure: nothing is run, nothing is kept. */
  step(document: ActorDocument<Context>, event: Event): Step<Context>;
}

type AnySnapshot = MachineSnapshot<object, ActorEvent, never, StateValue, string, unknown, never, never>;

/** Reserved by XState for its own events; from outside they could forge completions and errors. */
export function isReservedEventType(type: string): boolean {
  return type.startsWith('xstate.');
}

/**
 * Runs a machine without ever running its effects: a restored actor takes one event and is thrown away.
 *
 * XState runs actions before anyone could save the snapshot, so each effect's action is replaced by one that notes its name.
 * A throwing assign or guard leaves the document as it was and reaches the caller as that error.
 */
export function createHost<Context extends object, Event extends ActorEvent>(
  definition: ActorDefinition<Context, Event>,
): Host<Context, Event> {
  let named: NamedEffect[] = [];
  const note = (name: string) => (_args: unknown, params: unknown) => {
    named.push({ name, params: (params ?? {}) as EffectParams });
  };
  const actions = Object.fromEntries(Object.keys(definition.effects).map((name) => [name, note(name)]));
  const machine: AnyStateMachine = definition.machine.provide({
    actions: {
      ...actions,
      withdraw: (_args: unknown, params: unknown) => {
        named.push({ withdraw: (params as { keys: string[] }).keys });
      },
    },
  } as Parameters<AnyStateMachine['provide']>[0]);

  function run(options: { input?: unknown; snapshot?: Snapshot<unknown> }, event?: Event): Step<Context> {
    named = [];
    const failures: unknown[] = [];
    const actor = createActor(machine, options);
    actor.subscribe({
      error: (error) => {
        failures.push(error);
      },
    });
    actor.start();
    const before = actor.getSnapshot() as AnySnapshot;
    // XState complains on the console of what is sent to an actor in its final state.
    if (event !== undefined && before.status === 'active') actor.send(event);
    const after = actor.getSnapshot() as AnySnapshot;
    actor.stop();
    if (failures.length > 0) throw failures[0];
    return {
      changed: event === undefined || after !== before || named.length > 0,
      state: after.value,
      context: withoutUndefined(after.context) as Context,
      named,
      settled: after.status === 'done' || after.hasTag('settled' as never),
    };
  }

  return {
    begin: (input) => run({ input }),
    step: (document, event) =>
      run(
        { snapshot: machine.resolveState({ value: document.tally.state, context: contextOf(document) } as never) as never },
        event,
      ),
  };
}

/** Context is plain JSON: a member that was set to undefined is absent. */
function withoutUndefined(context: object): object {
  return Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined));
}
