import { describe, expect, it } from 'vitest';

import type { ActorDefinition, ActorEvent } from '../../../src/machines/kernel/definition.js';
import type { ActorDocument } from '../../../src/machines/kernel/document.js';
import { createHost } from '../../../src/machines/kernel/host.js';
import { firstStep, nextStep, type Step } from '../../../src/machines/kernel/step.js';
import type { RecordingEvent } from '../../../src/machines/recording/events.js';
import { defineRoom } from '../../../src/machines/room/machine/definition.js';
import { buildRoom } from '../../contracts/documents.js';
import { createRandom } from '../../support/random.js';
import { buildEvent, buildInput, definition as recording } from '../recording/build.js';
import * as recordings from '../recording/situations.js';
import * as rooms from '../room/situations.js';

const room = defineRoom();

/** Compare the throw-away actor of the host with XState's `transition`. @returns how many pairs were compared */
function compareAll<Context extends object, Event extends ActorEvent>(
  definition: ActorDefinition<Context, Event>,
  situations: Readonly<Record<string, ActorDocument<Context>>>,
  events: Readonly<Record<string, Event>>,
): number {
  const host = createHost(definition);
  let pairs = 0;
  for (const [situation, document] of Object.entries(situations)) {
    for (const [name, event] of Object.entries(events)) {
      const before = structuredClone(document);
      expect(nextStep(definition, document, event), `${situation}: ${name}`).toStrictEqual(host.step(document, event));
      expect(document).toEqual(before);
      pairs += 1;
    }
  }
  return pairs;
}

/** The same along random lives: what one step leaves is what the next one finds. @returns how many steps changed something */
function compareLives<Context extends object, Event extends ActorEvent>(
  definition: ActorDefinition<Context, Event>,
  input: Context,
  events: readonly Event[],
  seed: number,
): number {
  const host = createHost(definition);
  const random = createRandom(seed);
  const begun = firstStep(definition, input);
  expect(begun).toStrictEqual(host.begin(input));
  let document = storedAs(begun);
  let changes = 0;
  for (let count = 0; count < 60; count++) {
    const event = events[random.below(events.length)];
    if (event === undefined) throw new Error('no event');
    const step = nextStep(definition, document, event);
    expect(step, `seed ${String(seed)}, step ${String(count)}: ${event.type}`).toStrictEqual(host.step(document, event));
    document = storedAs(step);
    changes += Number(step.changed);
  }
  return changes;
}

function storedAs<Context extends object>({ state, context }: Step<Context>): ActorDocument<Context> {
  const tally = { state, machineVersion: 1, version: 1, effects: [], history: [], dueAt: null, lastWrite: '' };
  return JSON.parse(JSON.stringify({ ...context, tally })) as ActorDocument<Context>;
}

describe("XState's transition does what an actor does", () => {
  it('in every situation of a recording, with every event', () => {
    expect(compareAll(recording, recordings.SITUATIONS, recordings.EVENTS)).toBe(322);
  });

  it('in every situation of a room, with every event', () => {
    expect(compareAll(room, rooms.SITUATIONS, rooms.EVENTS)).toBe(208);
  });

  it('along random lives of recordings', () => {
    const events: RecordingEvent[] = [
      ...Object.values(recordings.EVENTS),
      ...[1, 3, 4].map((generation) => buildEvent({ type: 'deadline.passed', generation })),
    ];
    const { calledBy: _by, calledAt: _at, ...adopted } = buildInput();
    let changes = 0;
    for (let seed = 1; seed <= 200; seed++)
      changes += compareLives(recording, seed % 2 === 0 ? adopted : buildInput(), events, seed);
    expect(changes).toBeGreaterThan(500);
  });

  it('along random lives of rooms', () => {
    let changes = 0;
    for (let seed = 1; seed <= 200; seed++) changes += compareLives(room, buildRoom('room'), Object.values(rooms.EVENTS), seed);
    expect(changes).toBeGreaterThan(500);
  });
});
