import { describe, expect, it } from 'vitest';

import { explore, type Exploration } from './explore.js';
import { PLANTED } from './planted.js';
import { type Budgets, NOTHING } from './world.js';

// Some 700 000 worlds in all: less than half a minute on a quiet machine, and several times that beside other test files.
const timeout = 240_000;

/** Small enough to be searched completely; `npm run prove` goes further. */
const SEARCHES: [string, Partial<Budgets>][] = [
  ['a crash, a network fault and a fault of LiveKit, in every order', { crashes: 1, network: 1, livekit: 1 }],
  ['a client stops, everybody leaves, and a process dies or is paused', { crashes: 1, stops: 1, leaves: 1 }],
  ['a client stops, everybody leaves, and a message is lost, repeated or early', { network: 1, stops: 1, leaves: 1 }],
  ['a client stops, everybody leaves, and LiveKit fails', { livekit: 1, stops: 1, leaves: 1 }],
  ['clients stop and delete while everybody leaves', { stops: 1, deletes: 1, leaves: 1 }],
  ['the room is recorded a second time, and a message is lost, repeated or early', { network: 1, seconds: 1, leaves: 1 }],
];

describe('the recording, LiveKit, the network and a process that dies', () => {
  it.each(SEARCHES)('keeps every invariant in every world: %s', { timeout }, async (name, budgets) => {
    const found = await explore({ budgets: { ...NOTHING, ...budgets } });
    report(name, found);
    expect(found.violation).toBeUndefined();
  });
});

describe('the search finds planted mistakes', () => {
  it.each(PLANTED.map((planted) => [planted.name, planted] as const))('%s', { timeout }, async (name, planted) => {
    const found = await explore({ budgets: { ...NOTHING, ...planted.budgets }, rules: planted.rules });
    report(name, found);
    expect(found.violation?.broken).toMatch(planted.breaks);
    expect(found.violation?.events.length).toBeLessThan(30);
  });
});

function report(name: string, { states, edges, seconds, violation }: Exploration): void {
  const told = violation === undefined ? '' : `\n  ${violation.broken}\n  ${violation.events.join('\n  ')}`;
  process.stdout.write(`${name}: ${states} states, ${edges} edges, ${seconds.toFixed(1)} s${told}\n`);
}
