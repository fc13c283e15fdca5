import { compose } from '../../src/machines/kernel/compose.js';
import type { ActorDefinition } from '../../src/machines/kernel/definition.js';
import { type PendingEffect, statePath } from '../../src/machines/kernel/document.js';
import { firstStep, type NamedEffect, nextStep } from '../../src/machines/kernel/step.js';
import type { RecordingEvent } from '../../src/machines/recording/events.js';
import { newRecording } from '../../src/machines/recording/machine/new-recording.js';
import {
  isLive,
  isSettled,
  isUnsettled,
  type RecordingContext,
  type RecordingDocument,
  statusOf,
} from '../../src/machines/recording/recording.js';
import { pathOf, ROOM, T0, UIDS } from './livekit.js';

/** A stored recording in the model: the real document, with constant values in place of counters and times. */
export interface Known {
  document: RecordingDocument;
  state: string;
  live: boolean;
  settled: boolean;
  unsettled: boolean;
  deleted: boolean;
  effects: readonly PendingEffect[];
}

export interface Change {
  /** The number of the document after the change; the same number when nothing was written. */
  id: number;
  /** The keys of the effects that this change added. They replace earlier effects of the same key. */
  named: readonly string[];
  changed: boolean;
  /** Whether the deadline was armed again or disarmed, which makes events of the older deadline stale. */
  rearmed: boolean;
}

/** Thrown for a step of the machine that breaks an invariant. */
export class StepViolation extends Error {}

export type Definition = ActorDefinition<RecordingContext, RecordingEvent>;

/** Assigns numbers to documents and events, and applies events to documents by the kernel's step and compose. */
export interface Documents {
  begin(side: 0 | 1): number;
  of(id: number): Known;
  event(event: RecordingEvent): number;
  eventOf(id: number): RecordingEvent;
  /** Applies an event to a document; `settles` is the key of the effect that leaves the outbox in the same save. */
  step(id: number, event: number, settles?: string): Change;
  /** Removes an effect from the outbox. */
  without(id: number, key: string): number;
  count(): number;
}

/** Effects that the model leaves out of the outbox, because nothing depends on them. `checkStep` checks the notices. */
const ASIDE = new Set(['notify', 'extendRoomLock']);
const VERSION = 1;
const MAX_EVENTS = 65_536;

export function createDocuments(definition: Definition): Documents {
  const known: Known[] = [];
  const numbers = new Map<string, number>();
  const events: RecordingEvent[] = [];
  const eventNumbers = new Map<string, number>();
  const changes = new Map<string | number, Change>();
  const left = new Map<string, number>();
  const stamp = { now: T0, instance: 'one', nonce: 'n' };

  function number(document: RecordingDocument): number {
    const plain = normalise(document);
    const key = JSON.stringify(sorted(plain));
    const found = numbers.get(key);
    if (found !== undefined) return found;
    known.push(describe(plain));
    numbers.set(key, known.length);
    return known.length;
  }

  function of(id: number): Known {
    const found = known[id - 1];
    if (found === undefined) throw new Error(`no document ${id}`);
    return found;
  }

  function compute(id: number, event: number, settles: string | undefined): Change {
    const before = of(id).document;
    const document = settles === undefined ? before : withoutEffect(before, settles);
    const input = eventOf(event);
    const step = nextStep(definition, document, input);
    if (!step.changed) return { id: settles === undefined ? id : number(document), named: [], changed: false, rearmed: false };
    const after = compose(definition, document, step, input, stamp);
    checkStep(before, after, step.named, input);
    const named = after.tally.effects.filter(({ since, name }) => since > VERSION && !ASIDE.has(name)).map(({ key }) => key);
    const rearmed = after.deadline?.generation !== before.deadline?.generation;
    return { id: number(after), named, changed: true, rearmed };
  }

  function eventOf(id: number): RecordingEvent {
    const found = events[id - 1];
    if (found === undefined) throw new Error(`no event ${id}`);
    return found;
  }

  return {
    begin(side) {
      const begun = newRecording({
        uid: UIDS[side],
        roomId: ROOM,
        roomName: 'Room',
        at: T0,
        secret: () => '0',
        lockValue: `lock-${String(side)}`,
        claimant: 'one',
      });
      const input = { ...begun, mediaKey: pathOf(side) };
      return number(compose(definition, undefined, firstStep(definition, input), { type: 'create', source: 'rest' }, stamp));
    },
    of,
    event(event) {
      const key = JSON.stringify(event);
      const found = eventNumbers.get(key);
      if (found !== undefined) return found;
      events.push(event);
      eventNumbers.set(key, events.length);
      return events.length;
    },
    eventOf,
    step(id, event, settles) {
      const key = settles === undefined ? id * MAX_EVENTS + event : `${id}|${event}|${settles}`;
      const change = changes.get(key) ?? compute(id, event, settles);
      changes.set(key, change);
      return change;
    },
    without(id, key) {
      const name = `${id}|${key}`;
      const found = left.get(name) ?? number(withoutEffect(of(id).document, key));
      left.set(name, found);
      return found;
    },
    count: () => known.length,
  };
}

function withoutEffect(document: RecordingDocument, key: string): RecordingDocument {
  const effects = document.tally.effects.filter((effect) => effect.key !== key);
  return { ...document, tally: { ...document.tally, effects } };
}

function describe(document: RecordingDocument): Known {
  const state = statePath(document.tally.state);
  return {
    document,
    state,
    live: isLive(document),
    settled: isSettled(document),
    unsettled: isUnsettled(document),
    deleted: state === 'deleted',
    effects: document.tally.effects,
  };
}

/** Replaces all times by one time and all deadline generations by one, because the model itself decides when time passes. */
function normalise({ tally, ...context }: RecordingDocument): RecordingDocument {
  const plain = { ...context } as RecordingContext;
  for (const field of ['settledAt', 'endingSince', 'stopRequestedAt', 'deletedAt'] as const) {
    if (plain[field] !== undefined) plain[field] = T0;
  }
  const generation = plain.deadline?.generation;
  if (plain.deadline !== undefined) plain.deadline = { at: T0, generation: 1 };
  if (plain.deadlineCount !== undefined) plain.deadlineCount = 1;
  const effects = tally.effects
    .filter(({ name }) => !ASIDE.has(name))
    .map(({ key, name, params }) => ({
      key,
      name,
      params: params['generation'] === undefined ? params : { generation: params['generation'] === generation ? 1 : 0 },
      since: VERSION,
      attempts: 0,
      notBefore: T0,
      leaseUntil: T0,
      leasedBy: 'one',
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  // Two documents that differ only in their writers and versions are equal in the model.
  const { earlierWrites: _writes, ...fields } = tally;
  return { ...plain, tally: { ...fields, version: VERSION, effects, history: [], dueAt: null, lastWrite: '' } };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

const RANKS: Readonly<Record<string, number>> = { starting: 0, active: 1, ending: 2 };
const rankOfStatus = (document: RecordingDocument) => RANKS[statusOf(document)] ?? 3;

/** Checks the invariants about steps (I2, I7 and I9). Every computed step passes through this function. */
function checkStep(
  before: RecordingDocument,
  after: RecordingDocument,
  named: readonly NamedEffect[],
  event: RecordingEvent,
): void {
  const deleted = statePath(after.tally.state) === 'deleted';
  const told = `${statePath(before.tally.state)} by ${event.type} to ${statePath(after.tally.state)}`;
  if (deleted) return;
  const [from, to] = [rankOfStatus(before), rankOfStatus(after)];
  if (to < from) throw new StepViolation(`I2 status only moves forward: ${told}`);
  const rescued = event.type === 'media.found' && statusOf(after) === 'complete';
  if (from === 3 && statusOf(before) !== statusOf(after) && !rescued)
    throw new StepViolation(`I2 outcomes never change: ${told}`);
  if (after.tally.version !== before.tally.version + 1) throw new StepViolation(`I2 versions grow by one: ${told}`);
  if (after.wasActive === true && after.startFailed === true) {
    throw new StepViolation(`I7 a start answered 201 is never taken for one that failed: ${told}`);
  }
  const notices = named.flatMap((item) => ('name' in item && item.name === 'notify' ? [item.params] : []));
  if (before.egressId === undefined && after.egressId !== undefined && !isSettled(before)) {
    if (!notices.some(({ notice }) => notice === 'recordingStarted') && !isSettled(after)) {
      throw new StepViolation(`I9 an egress that is named is announced: ${told}`);
    }
  }
  if (statusOf(before) !== statusOf(after) && after.egressId !== undefined) {
    if (!notices.some(({ status }) => status === statusOf(after)))
      throw new StepViolation(`I9 each transition is notified: ${told}`);
  }
}
