import type { ActorDefinition, ActorEvent } from './definition.js';
import { type ActorDocument, HISTORY_LIMIT, nextWrites, type PendingEffect, statePath } from './document.js';
import { firstStep, nextStep, type Step } from './step.js';

/** Duration of a lease, in which only one instance may run the effect, milliseconds; renewed while the effect runs. */
export const LEASE_MS = 4_000;

/** The instance and time of a write, and the nonce by which the write is found again. */
export interface Stamp {
  /** Epoch milliseconds. */
  now: number;
  instance: string;
  nonce: string;
}

/** The stored state of an actor on which a change is decided. */
export interface Current<Context extends object> {
  /** The stored document, without the effects that have ended in this process since it was written. */
  document: ActorDocument<Context>;
  /** Number of these ended effects. */
  ended: number;
}

/** Computes the next version of a document; undefined: nothing changes. Computed again if another writer was first. */
export type Change<Context extends object> = (
  current: Current<Context>,
  stamp: Stamp,
) => { next: ActorDocument<Context>; durable: boolean } | undefined;

/** The first document of a new actor, after these events were applied to it. Pure. */
export function born<Context extends object, Event extends ActorEvent>(
  definition: ActorDefinition<Context, Event>,
  { input, source, events }: { input: unknown; source: string; events: readonly Event[] },
  stamp: Stamp,
): ActorDocument<Context> {
  const begun = compose(definition, undefined, firstStep(definition, input), { type: 'create', source }, stamp);
  return events.reduce((document, event) => {
    const step = nextStep(definition, document, event);
    return step.changed ? compose(definition, document, step, event, stamp, null) : document;
  }, begun);
}

/** The change that applies an event to a document; it returns undefined if the event changes nothing. Pure. */
export function taking<Context extends object, Event extends ActorEvent>(
  definition: ActorDefinition<Context, Event>,
  event: Event,
): Change<Context> {
  return ({ document }, stamp) => {
    const step = nextStep(definition, document, event);
    if (!step.changed) return undefined;
    const durable = step.settled && statePath(step.state) !== statePath(document.tally.state);
    return { next: compose(definition, document, step, event, stamp), durable };
  };
}

/**
 * Builds the next document from the previous one and a step of the machine. Pure.
 *
 * @param stored the document in the store; null while the document is being created. Default: `previous`
 */
export function compose<Context extends object, Event extends ActorEvent>(
  definition: ActorDefinition<Context, Event>,
  previous: ActorDocument<Context> | undefined,
  step: Step<Context>,
  event: Pick<ActorEvent, 'type' | 'source'>,
  stamp: Stamp,
  stored: ActorDocument<Context> | null | undefined = previous,
): ActorDocument<Context> {
  const version = (stored?.tally.version ?? 0) + 1;
  const effects = mergeEffects(definition, previous?.tally.effects ?? [], step, version, stamp);
  const history = [
    ...(previous?.tally.history ?? []),
    {
      at: stamp.now,
      version,
      from: previous === undefined ? '' : statePath(previous.tally.state),
      to: statePath(step.state),
      event: event.type,
      source: event.source,
      instance: stamp.instance,
    },
  ].slice(-HISTORY_LIMIT);
  return withDue(definition, {
    ...step.context,
    tally: {
      state: step.state,
      machineVersion: definition.version,
      version,
      effects,
      history,
      changedAt: stamp.now,
      dueAt: null,
      ...nextWrites(stored?.tally, stamp.nonce),
    },
  });
}

/** The next version of a document with other effects, such as one removed, retried, taken over or renewed. Pure. */
export function withEffects<Context extends object, Event extends ActorEvent>(
  definition: ActorDefinition<Context, Event>,
  document: ActorDocument<Context>,
  effects: PendingEffect[],
  stamp: Stamp,
): ActorDocument<Context> {
  const version = document.tally.version + 1;
  const tally = { ...document.tally, effects, version, ...nextWrites(document.tally, stamp.nonce) };
  return withDue(definition, { ...document, tally });
}

function mergeEffects<Context extends object, Event extends ActorEvent>(
  definition: ActorDefinition<Context, Event>,
  pending: PendingEffect[],
  step: Step<Context>,
  version: number,
  stamp: Stamp,
): PendingEffect[] {
  const effects = new Map(pending.map((effect) => [effect.key, effect]));
  for (const item of step.named) {
    if ('withdraw' in item) {
      for (const key of item.withdraw) effects.delete(key);
      continue;
    }
    const spec = definition.effects[item.name];
    const key = spec?.key?.(item.params, version) ?? item.name;
    effects.delete(key);
    const notBefore = stamp.now + (spec?.delayMs ?? 0);
    const lease = { notBefore, leaseUntil: notBefore + LEASE_MS, leasedBy: stamp.instance };
    effects.set(key, { key, name: item.name, params: item.params, since: version, attempts: 0, ...lease });
  }
  return [...effects.values()];
}

function withDue<Context extends object, Event extends ActorEvent>(
  definition: ActorDefinition<Context, Event>,
  document: ActorDocument<Context>,
): ActorDocument<Context> {
  const instants = document.tally.effects.map((effect) => Math.max(effect.notBefore, effect.leaseUntil));
  const deadline = definition.deadline?.of(document);
  if (deadline !== undefined) instants.push(deadline.at);
  const removeAt = document.tally.effects.length === 0 ? definition.removeAt(document) : undefined;
  if (removeAt !== undefined) instants.push(removeAt);
  const dueAt = instants.length === 0 ? null : Math.min(...instants);
  return { ...document, tally: { ...document.tally, dueAt } };
}
