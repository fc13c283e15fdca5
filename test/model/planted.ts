import { type AnyStateMachine, createMachine } from 'xstate';

import { RULES, type Rules } from './rules.js';
import type { Budgets } from './world.js';

export interface PlantedFault {
  name: string;
  rules: Partial<Rules>;
  budgets: Partial<Budgets>;
  /** The invariant that the search must find broken. */
  breaks: RegExp;
}

interface AnyState {
  states: Record<string, AnyState>;
  on: Record<string, unknown>;
}

/** The chart with a start deadline that leads straight to failed, as if the egress could not be recording yet. */
function withHastyDeadline(): Rules['definition'] {
  const { machine } = RULES.definition;
  const chart = machine.config as unknown as AnyState;
  const starting = part(chart, 'starting');
  const hasty = (name: string): AnyState => {
    const state = part(starting, name);
    return { ...state, on: { ...state.on, 'deadline.passed': { guard: 'deadlineIsCurrent', target: '#recording.failed' } } };
  };
  const states = { ...starting.states, requesting: hasty('requesting'), awaiting: hasty('awaiting') };
  const config = { ...chart, states: { ...chart.states, starting: { ...starting, states } } };
  const build = createMachine as unknown as (config: object, implementations: object) => AnyStateMachine;
  return { ...RULES.definition, machine: build(config, machine.implementations) };
}

function part(state: AnyState, name: string): AnyState {
  const found = state.states[name];
  if (found === undefined) throw new Error(`the chart has no state '${name}'`);
  return found;
}

/** Plausible mistakes in Tally's rules; the search finds every one of them. */
export const PLANTED: readonly PlantedFault[] = [
  {
    name: 'an effect runs before its step is saved',
    rules: { commitsFirst: false },
    budgets: { crashes: 1, stops: 1 },
    breaks: /^I10 /,
  },
  {
    name: 'an instance that takes a start over calls StartEgress again',
    rules: { startDuty: ({ egressId }) => (egressId === undefined ? 'call' : 'nothing') },
    budgets: { crashes: 1 },
    breaks: /^I1 StartEgress is called at most once/,
  },
  {
    name: 'one look is enough for a death',
    rules: {
      decide(recording, sight, at) {
        const verdict = RULES.decide(recording, sight, at);
        return verdict.kind === 'suspect' ? { kind: 'event', event: verdict.event } : verdict;
      },
    },
    budgets: { network: 1 },
    breaks: /^I(7|10) /,
  },
  {
    name: 'the start deadline leads straight to failed',
    rules: { definition: withHastyDeadline() },
    budgets: {},
    breaks: /^I7 /,
  },
  {
    name: 'the reconciler does nothing',
    rules: { decide: () => ({ kind: 'nothing' }) },
    budgets: { livekit: 1 },
    breaks: /^I4 /,
  },
];
