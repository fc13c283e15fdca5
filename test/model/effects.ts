import { Readable } from 'node:stream';

import { LiveKitUnavailableError } from '../../src/errors.js';
import { NotYet } from '../../src/machines/kernel/definition.js';
import type { PendingEffect } from '../../src/machines/kernel/document.js';
import type { RecordingEffectName } from '../../src/machines/recording/machine/definition.js';
import { createRecordingEffects } from '../../src/machines/recording/effects/effects.js';
import type { RecordingEffectPorts } from '../../src/machines/recording/effects/handler.js';
import type { RecordingEvent } from '../../src/machines/recording/events.js';
import type { LiveKitGateway } from '../../src/machines/ports/livekit-gateway.js';
import type { RoomLocks } from '../../src/machines/ports/room-locks.js';
import type { StartOutcome } from '../../src/machines/ports/egress-gateway.js';
import type { Documents } from './documents.js';
import {
  type Egress,
  FILE,
  FILE_BYTES,
  has,
  LISTED,
  SECOND_ROOM,
  snapshot,
  statusOf,
  stop,
  type StopVariant,
  T0,
  UNINDEXED,
} from './livekit.js';

/** The circumstances of one attempt at an effect. */
export interface Attempt {
  side: 0 | 1;
  doc: number;
  effect: PendingEffect;
  egress: Egress;
  /** With `cut` the call does not reach LiveKit; with `unanswered` LiveKit acts and its answer is lost. */
  variant: StopVariant | 'cut' | 'unanswered';
  fresh: boolean;
  /** Time since the claim. 0: up to 2 s, in which the claimant may call. 1: up to 30 s. 2: after 35 s, when the search ends. */
  time: 0 | 1 | 2;
  /** The answer to StartEgress, when this attempt calls StartEgress. */
  outcome?: StartOutcome;
}

export interface Done {
  /** Whether the attempt failed, so that the effect stays in the outbox. */
  again: boolean;
  /** The number of the resulting event, 0 for none. */
  event: number;
  egress: Egress;
  released: boolean;
}

const MOOV = Buffer.from([0, 0, 0, FILE_BYTES, 0x6d, 0x6f, 0x6f, 0x76]);
export const AGE_MS = [1_000, 5_000, 60_000] as const;
const NOW_MS = [1_000, 20_000, 36_000] as const;

/** Runs Tally's own effect handlers against the modelled LiveKit, and caches the result of each distinct attempt. */
export function createEffects(documents: Documents): (attempt: Attempt) => Done | Promise<Done> {
  const desk = { attempt: undefined as Attempt | undefined, egress: 0, released: false };
  const handlers = createRecordingEffects({
    livekit: livekitAt(desk),
    locks: { extend: async () => true, release: async () => void (desk.released = true) } as Partial<RoomLocks> as RoomLocks,
    media: mediaAt(desk),
    files: { undelivered: () => undefined, settled: () => undefined },
    notifications: { append: async () => undefined },
    clock: { now: () => T0 + NOW_MS[desk.attempt?.time ?? 0], monotonic: () => 0, after: () => () => undefined },
    instance: 'one',
    lockTtlMs: 1,
    confirmMs: 1,
  });
  const known = new Map<string, Done>();

  async function run(attempt: Attempt): Promise<Done> {
    Object.assign(desk, { attempt, egress: attempt.egress, released: false });
    const handler = handlers[attempt.effect.name as RecordingEffectName];
    const { document } = documents.of(attempt.doc);
    try {
      const event = await handler({
        key: document.uid,
        document,
        effect: attempt.effect,
        attempt: 1,
        fresh: attempt.fresh,
        ageMs: AGE_MS[attempt.time],
        signal: new AbortController().signal,
      });
      const number = event === undefined ? 0 : documents.event(dated(event));
      return { again: false, event: number, egress: desk.egress, released: desk.released };
    } catch (error) {
      if (!(error instanceof NotYet || error instanceof LiveKitUnavailableError)) throw error;
      return { again: true, event: 0, egress: desk.egress, released: false };
    }
  }

  return (attempt) => {
    const { side, doc, effect, egress, variant, fresh, time, outcome } = attempt;
    const key = `${side}|${doc}|${effect.key}|${egress}|${variant}|${String(fresh)}|${time}|${outcome?.kind ?? ''}`;
    const done = known.get(key);
    if (done !== undefined) return done;
    return run(attempt).then((result) => {
      known.set(key, result);
      return result;
    });
  };
}

/** Gives an event a constant time and source, so that equal events get the same number. */
export function dated(event: RecordingEvent): RecordingEvent {
  return { ...event, at: T0, source: 'model' };
}

interface Desk {
  attempt: Attempt | undefined;
  egress: Egress;
}

function livekitAt(desk: Desk): LiveKitGateway {
  const current = (): Attempt => {
    if (desk.attempt === undefined) throw new Error('no attempt');
    return desk.attempt;
  };
  const reached = <Value>(value: () => Value): Value => {
    if (current().variant === 'cut') throw new LiveKitUnavailableError('cut');
    return value();
  };
  const shown = () => snapshot(current().side, statusOf(desk.egress), has(desk.egress, SECOND_ROOM));
  const listed = () => (has(desk.egress, LISTED) ? shown() : undefined);
  const gateway: Partial<LiveKitGateway> = {
    startRoomComposite: async () => current().outcome ?? { kind: 'unknown', message: '' },
    async stopEgress() {
      return reached(() => {
        const { side, variant } = current();
        const { egress, outcome } = stop(side, desk.egress, variant === 'deaf' || variant === 'loading' ? variant : 'plain');
        desk.egress = egress;
        if (variant === 'unanswered') throw new LiveKitUnavailableError('unanswered');
        return outcome;
      });
    },
    findEgress: async () => reached(listed),
    listEgress: async () =>
      reached(() => {
        // After a flush, LiveKit's store gets the egress back by its id only, not in the index by room.
        const egress = has(desk.egress, UNINDEXED) ? undefined : listed();
        return egress === undefined ? [] : [egress];
      }),
  };
  return gateway as LiveKitGateway;
}

function mediaAt(desk: Desk): RecordingEffectPorts['media'] {
  return {
    stat: async () => (has(desk.egress, FILE) ? { size: FILE_BYTES, modifiedAt: T0, etag: '"e"' } : undefined),
    read: async (_key, { start, end }) => Readable.from([MOOV.subarray(start, end + 1)]),
    remove: async () => {
      desk.egress &= ~FILE;
    },
    egressPath: (key) => key,
    pathOf: (key) => key,
  };
}
