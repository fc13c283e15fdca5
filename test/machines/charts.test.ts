import type { AnyStateNode } from 'xstate';
import { describe, expect, it } from 'vitest';

import { firstStep } from '../../src/machines/kernel/step.js';
import { recordingMachine } from '../../src/machines/recording/machine/recording.machine.js';
import { roomMachine } from '../../src/machines/room/machine/room.machine.js';
import { buildInput, definition as recording } from './recording/build.js';

/** Where in a chart a function stands. */
function functionsIn(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value === 'function') return [path.join('.')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => functionsIn(member, [...path, key]));
}

/** States that an actor is left in, and those around them: not the ones that it leaves at once. */
function lastingStatesOf(node: AnyStateNode): AnyStateNode[] {
  const lasting = Object.values(node.states).filter(({ always = [] }) => always.every(({ guard }) => guard !== undefined));
  return lasting.flatMap((state) => [state, ...lastingStatesOf(state)]);
}

describe.each([
  ['recording', recordingMachine],
  ['room', roomMachine],
] as const)('the chart of the %s', (_name, machine) => {
  it('is made of names: its only function hands the input over', () => {
    expect(functionsIn(machine.config)).toEqual(['context']);
  });

  it('describes every state', () => {
    const undescribed = lastingStatesOf(machine.root).filter(({ description = '' }) => description === '');
    expect(undescribed.map(({ path }) => path.join('.'))).toEqual([]);
  });
});

it('the chart of the recording arms no deadline before it is given durations', () => {
  const definition = { ...recording, machine: recordingMachine };
  expect(() => firstStep(definition, buildInput())).toThrow('durations');
});
