import {
  type ActorDocument,
  type EffectParams,
  type PendingEffect,
  statePath,
  type StateValue,
} from '../../machines/kernel/document.js';

/** The initial state of the actor for a record that another program created. */
export interface Adopted<Context extends object> {
  context: Context;
  state: StateValue;
  machineVersion: number;
  /** When the actor is due, epoch milliseconds; null or absent: never. */
  dueAt?: number | null;
  effects?: readonly { name: string; params: EffectParams }[];
}

const ADOPTION = 'adoption';

/** The first version of an adopted record's document. Any instance may run its effects at once, in its next sweep. */
export function adoptedDocument<Context extends object>(adopted: Adopted<Context>, now: number): ActorDocument<Context> {
  const { context, state, machineVersion, dueAt = null, effects = [] } = adopted;
  const owed = effects.map(({ name, params }): PendingEffect => ({
    ...{ key: name, name, params, since: 1, attempts: 0 },
    ...{ notBefore: now, leaseUntil: now, leasedBy: ADOPTION },
  }));
  const first = { at: now, from: '', to: statePath(state), event: 'adopt', source: ADOPTION, instance: ADOPTION };
  const written = { version: 1, lastWrite: ADOPTION, changedAt: now, history: [first] };
  return { ...context, tally: { state, machineVersion, dueAt, effects: owed, ...written } };
}
