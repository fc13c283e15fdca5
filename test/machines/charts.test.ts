import type { AnyStateNode } from 'xstate';
import { describe, expect, it } from 'vitest';

import { firstStep } from '../../src/machines/kernel/step.js';
import { recordingMachine } from '../../src/machines/recording/machine/recording.machine.js';
import { roomMachine } from '../../src/machines/room/machine/room.machine.js';
import { buildInput, definition as recording } from './recording/build.js';

/** Lists the paths of all functions inside a chart. */
function functionsIn(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value === 'function') return [path.join('.')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => functionsIn(member, [...path, key]));
}

/** Lists the states in which an actor can rest, and their parents. A state with an unconditional `always` is left at once. */
function lastingStatesOf(node: AnyStateNode): AnyStateNode[] {
  const lasting = Object.values(node.states).filter(({ always = [] }) => always.every(({ guard }) => guard !== undefined));
  return lasting.flatMap((state) => [state, ...lastingStatesOf(state)]);
}

describe.each([
  ['recording', recordingMachine],
  ['room', roomMachine],
] as const)('the chart of the %s', (_name, machine) => {
  it('refers to guards and actions by name only: its only function copies the input into the context', () => {
    expect(functionsIn(machine.config)).toEqual(['context']);
  });

  it('has a description for every state in which an actor can rest', () => {
    const undescribed = lastingStatesOf(machine.root).filter(({ description = '' }) => description === '');
    expect(undescribed.map(({ path }) => path.join('.'))).toEqual([]);
  });
});

it('the chart of the recording throws when it arms a deadline without configured durations', () => {
  const definition = { ...recording, machine: recordingMachine };
  expect(() => firstStep(definition, buildInput())).toThrow('durations');
});
