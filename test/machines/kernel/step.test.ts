import { describe, expect, it } from 'vitest';

import type { ActorDocument, StateValue } from '../../../src/machines/kernel/document.js';
import { nextStep } from '../../../src/machines/kernel/step.js';
import { bell, type BellContext, newBell, says } from './support.js';

function documentIn(state: StateValue, fields: Partial<BellContext> = {}): ActorDocument<BellContext> {
  const tally = { state, machineVersion: 2, version: 1, effects: [], history: [], dueAt: null, lastWrite: '' };
  return { ...newBell(fields), tally };
}

describe('a step', () => {
  it('lists the effects of a transition in order and runs none', () => {
    const { named, state, context } = nextStep(bell, documentIn('silent'), says({ type: 'ring' }));
    expect({ named, state, context }).toEqual({
      state: 'ringing',
      context: { name: 'big', rings: 1 },
      named: [
        { name: 'sound', params: { loud: true } },
        { name: 'polish', params: {} },
      ],
    });
  });

  it('counts a transition that only names an effect as a change', () => {
    const step = nextStep(bell, documentIn('ringing'), says({ type: 'ring.again' }));
    expect(step).toMatchObject({ changed: true, state: 'ringing', named: [{ name: 'sound', params: { loud: false } }] });
  });

  it('reports no change for an event that the current state does not handle', () => {
    expect(nextStep(bell, documentIn('silent'), says({ type: 'hush' }))).toMatchObject({ changed: false, named: [] });
  });

  it('leaves members that a transition set to undefined out of the context', () => {
    const armed = documentIn('silent', { deadline: { at: 1, generation: 1 } });
    expect(nextStep(bell, armed, says({ type: 'deadline.passed', generation: 1 })).context).toEqual({ name: 'big', rings: 1 });
  });

  it('reports a final state as settled', () => {
    expect(nextStep(bell, documentIn('silent'), says({ type: 'melt' })).settled).toBe(true);
  });

  it('changes nothing in a final state, not even for an event that every other state handles', () => {
    expect(nextStep(bell, documentIn('melted'), says({ type: 'heard', by: 'somebody' })).changed).toBe(false);
  });

  it.each(['throw', 'throw in guard'] as const)(
    'throws when the machine fails (%s), leaves the document unchanged, and handles the next event',
    (type) => {
      const document = documentIn('ringing', { rings: 3 });
      const before = structuredClone(document);
      expect(() => nextStep(bell, document, says({ type }))).toThrow(/failed/);
      expect(document).toEqual(before);
      expect(nextStep(bell, document, says({ type: 'ring.again' })).named).toHaveLength(1);
    },
  );
});
