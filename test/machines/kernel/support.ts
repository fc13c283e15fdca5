import { assign, setup } from 'xstate';

import {
  type ActorDefinition,
  type ActorEvent,
  type EffectHandlers,
  type EffectRun,
  NotYet,
} from '../../../src/machines/kernel/definition.js';
import type { ActorDocument } from '../../../src/machines/kernel/document.js';
import { createLocalBus, type EventBus } from '../../../src/machines/kernel/event-bus.js';
import type { Supervisor } from '../../../src/machines/kernel/supervisor.js';
import { createGate, type Gate } from '../../support/gate.js';
import { createMemoryActorStore, type MemoryDocuments } from '../../support/memory/memory-actor-store.js';
import { supervise } from '../../support/apps/supervise.js';
import { createTestClock, type TestClock } from '../../support/test-clock.js';

export interface BellContext {
  name: string;
  rings: number;
  heard?: string;
  deadline?: { at: number; generation: number } | undefined;
  removeAt?: number;
}

export type BellEvent = ActorEvent &
  (
    | { type: 'ring' }
    | { type: 'ring.again' }
    | { type: 'hush' }
    | { type: 'heard'; by: string }
    | { type: 'arm'; due: number }
    | { type: 'deadline.passed'; generation: number }
    | { type: 'throw' }
    | { type: 'throw in guard' }
    | { type: 'melt' }
  );

/** A small actor that uses every feature of the kernel: effects, withdrawal, a deadline, a final state and removal. */
const machine = setup({
  types: { context: {} as BellContext, input: {} as BellContext, events: {} as BellEvent, tags: {} as 'settled' },
  guards: {
    isCurrent: ({ context, event }) => event.type === 'deadline.passed' && event.generation === context.deadline?.generation,
    fails: () => {
      throw new Error('the guard failed');
    },
  },
  actions: {
    sound: (_: unknown, _params: { loud: boolean }) => undefined,
    polish: () => undefined,
    withdraw: (_: unknown, _params: { keys: string[] }) => undefined,
    count: assign({ rings: ({ context }) => context.rings + 1 }),
    hear: assign(({ event }) => (event.type === 'heard' ? { heard: event.by } : {})),
    arm: assign(({ context, event }) =>
      event.type === 'arm' ? { deadline: { at: event.due, generation: (context.deadline?.generation ?? 0) + 1 } } : {},
    ),
    disarm: assign({ deadline: undefined }),
    fail: assign(() => {
      throw new Error('the assign failed');
    }),
    bury: assign(({ event }) => ({ removeAt: event.at + 1_000 })),
  },
}).createMachine({
  id: 'bell',
  context: ({ input }) => input,
  initial: 'silent',
  on: {
    heard: { actions: 'hear' },
    arm: { actions: 'arm' },
    'deadline.passed': { guard: 'isCurrent', actions: ['disarm', 'count'] },
    throw: { actions: 'fail' },
    'throw in guard': { guard: 'fails', actions: 'count' },
    melt: '.melted',
  },
  states: {
    silent: { on: { ring: 'ringing' } },
    ringing: {
      entry: ['count', { type: 'sound', params: { loud: true } }, 'polish'],
      on: {
        'ring.again': { actions: { type: 'sound', params: { loud: false } } },
        hush: { target: 'silent', actions: { type: 'withdraw', params: { keys: ['sound', 'polish'] } } },
      },
    },
    melted: { type: 'final', entry: ['bury', { type: 'withdraw', params: { keys: ['sound', 'polish'] } }] },
  },
});

export const bell: ActorDefinition<BellContext, BellEvent> = {
  kind: 'bell',
  machine,
  version: 2,
  lanes: { tower: 256, floor: 1 },
  effects: { sound: { lane: 'tower' }, polish: { lane: 'floor', backoffMs: (failures) => 100 * failures } },
  deadline: {
    of: ({ deadline }) => deadline,
    passed: (generation, at) => ({ type: 'deadline.passed', generation, at, source: 'deadline' }),
  },
  removeAt: ({ removeAt }) => removeAt,
};

type Bare<Event> = Event extends BellEvent ? Omit<Event, 'at' | 'source'> : never;
export const says = (event: Bare<BellEvent>): BellEvent => ({ ...event, at: 0, source: 'test' }) as BellEvent;

export type BellRun = EffectRun<BellContext>;

/** One call of the handler of `sound`, which the test answers. */
export interface Call {
  instance: string;
  run: BellRun;
  answer(event?: BellEvent): void;
  fail(error?: Error): void;
  notYet(retryInMs: number): void;
}

export interface Tower {
  clock: TestClock;
  gate: Gate;
  documents: MemoryDocuments<BellContext>;
  /** The calls of `sound` that the test has not answered yet, oldest first. */
  calls: Call[];
  stored(key?: string): ActorDocument<BellContext>;
  /** Starts another instance on the same store. */
  instance(
    name: string,
    options?: Partial<{
      exclusive: boolean;
      bus: EventBus;
      clock: TestClock;
      version: number;
      clockOffsetMs: () => Promise<number>;
    }>,
  ): Supervisor<BellContext, BellEvent>;
}

/** Instances on one store, one clock and one gate. The effect `polish` succeeds at once; `sound` waits for the test. */
export function buildTower(): Tower {
  const clock = createTestClock();
  const gate = createGate();
  const documents: MemoryDocuments<BellContext> = new Map();
  const bus = createLocalBus();
  const calls: Call[] = [];
  const handlersOf = (instance: string): EffectHandlers<BellContext, BellEvent> => ({
    polish: async () => undefined,
    sound: (run) =>
      new Promise((resolve, reject) => {
        const call: Call = {
          instance,
          run,
          answer(event) {
            drop();
            resolve(event);
          },
          fail(error = new Error('no sound')) {
            drop();
            reject(error);
          },
          notYet(retryInMs) {
            drop();
            reject(new NotYet(retryInMs, 'not yet'));
          },
        };
        const drop = () => calls.splice(calls.indexOf(call), 1);
        calls.push(call);
      }),
  });
  return {
    clock,
    gate,
    documents,
    calls,
    stored(key = 'big') {
      const document = documents.get(key);
      if (document === undefined) throw new Error(`no ${key}`);
      return document;
    },
    instance: (name, options = {}) =>
      supervise({
        definition: { ...bell, version: options.version ?? bell.version },
        handlers: handlersOf(name),
        store: createMemoryActorStore({ name: 'bells', gate, documents, keyName: 'name', uniqueKeys: () => ({}) }),
        bus: options.bus ?? bus,
        clock: options.clock ?? clock,
        ...(options.clockOffsetMs === undefined ? {} : { clockOffsetMs: options.clockOffsetMs }),
        instance: name,
        exclusive: options.exclusive ?? false,
        random: () => 0.5,
      }),
  };
}

export const newBell = (fields: Partial<BellContext> = {}): BellContext => ({ name: 'big', rings: 0, ...fields });
