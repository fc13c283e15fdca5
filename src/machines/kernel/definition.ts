import type { AnyStateMachine } from 'xstate';

import type { Clock, SharedClock } from '../../clock.js';
import type { Log } from '../../logging.js';
import type { ActorStore } from './actor-store.js';
import type { ActorDocument, EffectParams, PendingEffect } from './document.js';
import type { EventBus } from './event-bus.js';

/** Every event carries the time and says where it came from; the machine has no clock of its own. */
export interface ActorEvent {
  type: string;
  /** Epoch milliseconds. */
  at: number;
  source: string;
}

/** How one named effect is kept and repeated; what it does is its handler's business. */
export interface EffectSpec<Lane extends string = string> {
  /** Of the definition's lanes: effects that meet the same target. */
  lane: Lane;
  /** Pending effects of the same key replace each other. Default: the effect's name. */
  key?: (params: EffectParams, since: number) => string;
  /** Milliseconds before the first attempt. Default: 0. */
  delayMs?: number;
  /**
   * Milliseconds until the next attempt after this many failed ones (1 or more).
   * Default: 250 ms doubling, at most 3 s.
   */
  backoffMs?: (failures: number) => number;
  /**
   * Somebody waits until the document owes it no more: without news it leaves by a save of its own, at once. Default: with the
   * next save, whatever that is for, or after 2 s.
   */
  isAwaited?: true;
}

/** Deadlines are data: instants in the context, which this tells the kernel of. */
export interface DeadlineSpec<Context extends object, Event extends ActorEvent> {
  /** `at` in epoch milliseconds; another deadline has another generation. */
  of(context: Context): { at: number; generation: number } | undefined;
  passed(generation: number, at: number): Event;
}

/** All the kernel knows of a kind of actor. */
export interface ActorDefinition<Context extends object, Event extends ActorEvent> {
  /** Names the kind in logs and wake-ups, such as `recording`. */
  kind: string;
  machine: AnyStateMachine;
  /** Grows when stored snapshots change meaning. An instance leaves documents of a higher one alone. */
  version: number;
  /** Lanes of effects, and how many of each run at once in this process. A slow target delays no other lane than its own. */
  lanes: Readonly<Record<string, number>>;
  /** Every action of the machine that names I/O. */
  effects: Readonly<Record<string, EffectSpec>>;
  /** Absent: the actors have no deadlines. */
  deadline?: DeadlineSpec<Context, Event>;
  /** Epoch milliseconds at which the document is removed, once it owes no effect; undefined: it stays. */
  removeAt(context: Context): number | undefined;
}

export interface EffectRun<Context extends object> {
  key: string;
  document: ActorDocument<Context>;
  effect: PendingEffect;
  /** 1 for the first try. */
  attempt: number;
  /** Whether this process wrote the effect and has run nothing of it yet; false after a take-over or a retry. */
  fresh: boolean;
  /** Milliseconds on the monotonic clock since the write that added the effect was begun; only meaningful while `fresh`. */
  ageMs: number;
  /** Aborted when the effect was withdrawn or replaced, or the process stops. */
  signal: AbortSignal;
}

/** Does the I/O; its result, if any, is sent to the actor in the save that settles the effect. Throwing means: again later. */
export type EffectHandler<Context extends object, Event extends ActorEvent> = (
  run: EffectRun<Context>,
) => Promise<Event | undefined>;

export type EffectHandlers<Context extends object, Event extends ActorEvent> = Readonly<
  Record<string, EffectHandler<Context, Event>>
>;

/** How a process hosts one kind of actor. */
export interface Hosting<Context extends object, Event extends ActorEvent> {
  definition: ActorDefinition<Context, Event>;
  handlers: EffectHandlers<Context, Event>;
  store: ActorStore<Context>;
  bus: EventBus;
  clock: Clock;
  /** How far this machine's clock is off the one that `clock` tells, if several processes share the store. */
  clockOffsetMs: SharedClock['offsetMs'];
  /** Unique per process run: what an earlier run on this machine left is another instance's. */
  instance: string;
  log: Log;
  /** Time between two sweeps, milliseconds; jittered by a fifth. */
  dueIntervalMs: number;
  /** This process is the only one on its store: it takes over what earlier ones left at once, without waiting for leases. */
  exclusive: boolean;
  random: () => number;
}

/** Thrown by a handler that is not done: tried again after this time, whatever the back-off says, and not counted as a failure. */
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
