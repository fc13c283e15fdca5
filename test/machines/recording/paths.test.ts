import { initialTransition, type MachineContext, type MachineSnapshot, transition } from 'xstate';
import { createTestModel } from 'xstate/graph';
import { describe, expect, it } from 'vitest';

import { contextOf, statePath, type StateValue } from '../../../src/machines/kernel/document.js';
import type { RecordingEvent } from '../../../src/machines/recording/events.js';
import type { RecordingContext, RecordingDocument } from '../../../src/machines/recording/recording.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { supervise } from '../../support/apps/supervise.js';
import { createTestClock } from '../../support/test-clock.js';
import { buildEvent, buildInput, definition, NOON, UID } from './build.js';
import { restingStates, transitionsOf } from './chart.js';
import { EVENTS } from './situations.js';

type Snapshot = MachineSnapshot<
  RecordingContext & MachineContext,
  RecordingEvent,
  never,
  StateValue,
  string,
  unknown,
  never,
  never
>;
interface Walk {
  state: Snapshot;
  steps: { state: Snapshot; event: RecordingEvent }[];
}

const { machine } = definition;
const GENERATIONS = [1, 2, 3, 4];
const events: RecordingEvent[] = [
  ...Object.values(EVENTS).filter(({ type }) => type !== 'deadline.passed'),
  ...GENERATIONS.map((generation) => buildEvent({ type: 'deadline.passed', generation })),
];

/** The part of a snapshot that the guards read; two snapshots that agree in it count as one state. */
function serialize({ value, context }: Snapshot): string {
  const { egressId, deadline, endingSince, finishedRoomSid, cancelReason, deleteWhenSettled, observation, media, startFailed } =
    context;
  const isStale = context.stopReason === 'stale';
  const known = [egressId !== undefined, deadline?.generation, endingSince !== undefined, finishedRoomSid, startFailed];
  return JSON.stringify([value, ...known, isStale, cancelReason, deleteWhenSettled, observation?.status, media]);
}

function walksFrom(input: RecordingContext): Walk[] {
  const paths = createTestModel(machine).getShortestPaths({
    input,
    events,
    serializeState: (state) => serialize(state as Snapshot),
    stopWhen: (state) => ((state as Snapshot).context.deadlineCount ?? 0) >= GENERATIONS.length,
  });
  return paths as unknown as Walk[];
}

const { calledBy: _by, calledAt: _at, ...running } = buildInput();
const inputs = { 'a claimed start': buildInput(), 'an adopted egress': running };
const walks = Object.entries(inputs).flatMap(([name, input]) => walksFrom(input).map((walk) => ({ name, input, walk })));

/** The events of a walk, without its first step, which is XState's own initial event. */
const eventsOf = ({ steps }: Walk) => steps.slice(1).map(({ event }) => event);

/** Caches the result for each beginning of a walk, because many walks begin with the same events. */
function remember<Value>(
  first: (input: RecordingContext) => Value,
  next: (value: Value, event: RecordingEvent, step: number) => Value,
) {
  const known = new Map<string, Value>();
  return function along(input: RecordingContext, sent: RecordingEvent[]): Value {
    const key = JSON.stringify([input.calledBy, sent.map((event) => events.indexOf(event))]);
    const event = sent.at(-1);
    const value =
      known.get(key) ?? (event === undefined ? first(input) : next(along(input, sent.slice(0, -1)), event, sent.length));
    known.set(key, value);
    return value;
  };
}

const begin = (input: RecordingContext) => initialTransition(machine, input)[0] as unknown as Snapshot;
const proceed = (state: Snapshot, event: RecordingEvent) => transition(machine, state as never, event)[0] as unknown as Snapshot;
/** Keeps the machine's snapshots in memory and never stores them. */
const inMemory = remember(begin, proceed);
const throughText = remember(
  (input) => throughJson(begin(input)),
  (state, event) => throughJson(proceed(state, event)),
);
/** Sends each event through a new instance on the same store; no instance lives long enough to finish an effect. */
const throughStore = remember(
  async (input) => {
    const { supervisor, documents } = start(0);
    await supervisor.create(UID, input, 'test');
    return storedIn(documents);
  },
  async (stored, event, step) => {
    const { supervisor, documents } = start(step, await stored);
    await supervisor.send(UID, event);
    return storedIn(documents);
  },
);

/** Every walk and every initial part of it. */
const prefixes = walks.flatMap(({ input, walk }) =>
  [...eventsOf(walk), undefined].map((_event, length) => ({ input, sent: eventsOf(walk).slice(0, length) })),
);
const seen = prefixes.map(({ input, sent }) => inMemory(input, sent));

describe('the paths through the recording machine', () => {
  it('reach every state in which a recording can rest', () => {
    const reached = new Set(seen.map(({ value }) => statePath(value)));
    expect([...reached].sort()).toEqual(restingStates(machine.root).sort());
  });

  it('take every transition of the chart', () => {
    const left = transitionsOf(machine.root);
    for (const state of seen) {
      for (const event of events) {
        for (const taken of machine.getTransitionData(state as never, event)) left.delete(taken as never);
      }
    }
    expect([...left.values()]).toEqual([]);
  });

  it('give the same state and context when each snapshot passes through JSON', () => {
    for (const { input, sent } of prefixes) {
      const expected = inMemory(input, sent);
      const stored = throughText(input, sent);
      expect(stored.value).toEqual(expected.value);
      expect(stored.context).toEqual(plain(expected.context));
    }
  });

  // This test starts thousands of supervisors, each of which builds its own machine.
  it('give the same state and context when the instance dies after every step', async () => {
    for (const { input, sent } of prefixes) {
      const expected = inMemory(input, sent);
      const document = await throughStore(input, sent);
      expect(document.tally.state).toEqual(expected.value);
      expect(contextOf(document)).toEqual(plain(expected.context));
      expect(document.tally.version).toBe(document.tally.history.length);
    }
  });
});

function start(process: number, stored?: RecordingDocument) {
  const documents = new Map(stored === undefined ? [] : [[UID, stored]]);
  const supervisor = supervise({
    definition,
    handlers: Object.fromEntries(
      Object.keys(definition.effects).map((name) => [name, () => new Promise<never>(() => undefined)]),
    ),
    store: createMemoryRecordingStore({ documents }),
    clock: createTestClock(NOON),
    instance: `process-${process}`,
    exclusive: false,
  });
  return { supervisor, documents };
}

function storedIn(documents: Map<string, RecordingDocument>): RecordingDocument {
  const document = documents.get(UID);
  if (document === undefined) throw new Error('nothing was stored');
  return document;
}

function throughJson(snapshot: Snapshot): Snapshot {
  const { value, context } = JSON.parse(JSON.stringify({ value: snapshot.value, context: snapshot.context })) as Snapshot;
  return machine.resolveState({ value, context }) as unknown as Snapshot;
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
