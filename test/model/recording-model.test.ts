import { describe, expect, it } from 'vitest';

import { explore, type Exploration } from './explore.js';
import { PLANTED } from './planted.js';
import { type Budgets, NOTHING } from './world.js';

// Half a million worlds take less than half a minute on a quiet machine, and several times as long beside other test files.
const timeout = 240_000;

/** Budgets that are small enough for a complete search; `npm run prove` searches larger ones. */
const SEARCHES: [string, Partial<Budgets>][] = [
  ['a crash, a network fault and a fault of LiveKit, in every order', { crashes: 1, network: 1, livekit: 1 }],
  ['a client stops, all participants leave, and an instance dies or pauses', { crashes: 1, stops: 1, leaves: 1 }],
  ['a client stops, all participants leave, and a message is lost, repeated or early', { network: 1, stops: 1, leaves: 1 }],
  ['a client stops, all participants leave, and LiveKit fails', { livekit: 1, stops: 1, leaves: 1 }],
  ['clients stop and delete while all participants leave', { stops: 1, deletes: 1, leaves: 1 }],
  ['the room is recorded a second time, and a message is lost, repeated or early', { network: 1, seconds: 1 }],
];

describe('a recording in the model of LiveKit, the network and crashes', () => {
  it.each(SEARCHES)('keeps every invariant in every world: %s', { timeout }, async (name, budgets) => {
    const found = await explore({ budgets: { ...NOTHING, ...budgets } });
    report(name, found);
    expect(found.violation).toBeUndefined();
  });
});

describe('the search of the model', () => {
  it.each(PLANTED.map((planted) => [planted.name, planted] as const))(
    'finds the planted mistake: %s',
    { timeout },
    async (name, planted) => {
      const found = await explore({ budgets: { ...NOTHING, ...planted.budgets }, rules: planted.rules });
      report(name, found);
      expect(found.violation?.broken).toMatch(planted.breaks);
      expect(found.violation?.events.length).toBeLessThan(30);
    },
  );
});

function report(name: string, { states, edges, seconds, violation }: Exploration): void {
  const told = violation === undefined ? '' : `\n  ${violation.broken}\n  ${violation.events.join('\n  ')}`;
  process.stdout.write(`${name}: ${states} states, ${edges} edges, ${seconds.toFixed(1)} s${told}\n`);
}
