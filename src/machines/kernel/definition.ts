import type { AnyStateMachine } from 'xstate';

import type { Clock, SharedClock } from '../../clock.js';
import type { Log } from '../../logging.js';
import type { ActorStore } from './actor-store.js';
import type { ActorDocument, EffectParams, PendingEffect } from './document.js';
import type { EventBus } from './event-bus.js';

/** Every event carries its time and its source, because the machine has no clock of its own. */
export interface ActorEvent {
  type: string;
  /** Epoch milliseconds. */
  at: number;
  source: string;
}

/** How an effect of one name is stored and retried. Its handler does the I/O. */
export interface EffectSpec<Lane extends string = string> {
  /** One of the definition's lanes: the effects of a lane call the same external system. */
  lane: Lane;
  /** A new effect replaces a pending effect with the same key. Default: the effect's name. */
  key?: (params: EffectParams, since: number) => string;
  /** Milliseconds before the first attempt. Default: 0. */
  delayMs?: number;
  /**
   * Milliseconds until the next attempt after this many failed ones (1 or more).
   * Default: 250 ms doubling, at most 3 s.
   */
  backoffMs?: (failures: number) => number;
  /**
   * A caller waits until the document no longer contains this effect: after it ends without a result, a save of its own removes
   * it at once. Default: the next save of the document removes it, or one after 2 s.
   */
  isAwaited?: true;
}

/** Reads a deadline from an actor's context. Deadlines are stored instants, not running timers. */
export interface DeadlineSpec<Context extends object, Event extends ActorEvent> {
  /** `at` in epoch milliseconds; each new deadline has another generation. */
  of(context: Context): { at: number; generation: number } | undefined;
  passed(generation: number, at: number): Event;
}

/** Everything that the kernel knows about one kind of actor. */
export interface ActorDefinition<Context extends object, Event extends ActorEvent> {
  /** Names the kind in logs and wake-ups, such as `recording`. */
  kind: string;
  machine: AnyStateMachine;
  /** Increases when stored documents change their meaning. An instance does not change documents with a higher version. */
  version: number;
  /** Number of effects that run at once in this process, by lane. A slow external system delays only the effects of its lane. */
  lanes: Readonly<Record<string, number>>;
  /** The effects, by the names of the machine's actions that request them. */
  effects: Readonly<Record<string, EffectSpec>>;
  /** Absent: the actors have no deadlines. */
  deadline?: DeadlineSpec<Context, Event>;
  /** When the document is removed, epoch milliseconds, if no effect is pending then; undefined: never. */
  removeAt(context: Context): number | undefined;
}

export interface EffectRun<Context extends object> {
  key: string;
  document: ActorDocument<Context>;
  effect: PendingEffect;
  /** 1 for the first try. */
  attempt: number;
  /** True for the first attempt, in the process that stored the effect; false after a take-over or a retry. */
  fresh: boolean;
  /** Monotonic milliseconds since the write that added the effect began; only meaningful while `fresh`. */
  ageMs: number;
  /** Aborted when the effect is withdrawn or replaced, or the process stops. */
  signal: AbortSignal;
}

/** Does the I/O of an effect. The save that removes the effect also applies the returned event. After an error it runs again. */
export type EffectHandler<Context extends object, Event extends ActorEvent> = (
  run: EffectRun<Context>,
) => Promise<Event | undefined>;

export type EffectHandlers<Context extends object, Event extends ActorEvent> = Readonly<
  Record<string, EffectHandler<Context, Event>>
>;

/** Everything that a process needs to run the actors of one kind. */
export interface Hosting<Context extends object, Event extends ActorEvent> {
  definition: ActorDefinition<Context, Event>;
  handlers: EffectHandlers<Context, Event>;
  store: ActorStore<Context>;
  bus: EventBus;
  clock: Clock;
  /** Milliseconds by which this machine's clock is ahead of the shared `clock`; 0 if no other process uses the store. */
  clockOffsetMs: SharedClock['offsetMs'];
  /** Unique per process run, so effects of an earlier run on this machine belong to another instance. */
  instance: string;
  log: Log;
  /** Time between two sweeps, milliseconds; varied at random by up to a fifth. */
  dueIntervalMs: number;
  /** No other process uses the store, so at start this one takes over all pending effects without waiting for their leases. */
  exclusive: boolean;
  random: () => number;
}

/** Thrown by a handler that is not done yet: it runs again after `retryInMs` instead of the back-off, without a warning. */
export class NotYet extends Error {
  readonly retryInMs: number;

  constructor(retryInMs: number, reason: string) {
    super(reason);
    this.name = 'NotYet';
    this.retryInMs = retryInMs;
  }
}

const BACKOFF_CAP_MS = 3_000;

export function defaultBackoffMs(failures: number): number {
  return Math.min(BACKOFF_CAP_MS, 250 * 2 ** Math.min(failures - 1, 10));
}
