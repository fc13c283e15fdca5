import { compareNanos, type EgressObservation, isTerminal, type StartOutcome } from '../../ports/egress-gateway.js';
import type { RecordingEvent } from '../events.js';
import { uidOfPath } from '../media-key.js';
import type { RecordingContext } from '../recording.js';
import { observed } from './handler.js';

/** The instance that claimed a start calls StartEgress within this time, by the monotonic clock, or never; milliseconds. */
export const CLAIM_MS = 2_000;
/** Other instances look for the egress this long after the claim, milliseconds: by then, any call has been answered. */
export const LOOK_FOR_MS = 35_000;

/** The part of this process in a start. `call`: it holds the claim and has not called StartEgress yet. */
export type StartDuty = 'call' | 'refuse' | 'look' | 'nothing';

/** Only the claiming instance calls StartEgress, once and in time. Others, and it after a crash, look for the egress. Pure. */
export function startDuty(
  recording: Pick<RecordingContext, 'calledBy' | 'egressId'>,
  run: { instance: string; fresh: boolean; ageMs: number },
): StartDuty {
  if (run.fresh && recording.calledBy === run.instance) return run.ageMs <= CLAIM_MS ? 'call' : 'refuse';
  return recording.egressId === undefined ? 'look' : 'nothing';
}

/** The event for an answer to StartEgress; undefined for "no capacity", after which the caller looks once. Pure. */
export function startEvent(outcome: StartOutcome, at: number): RecordingEvent | undefined {
  const from = { at, source: 'effect' };
  switch (outcome.kind) {
    case 'accepted':
      return observed(outcome.egress, at);
    case 'refused': {
      const kind = outcome.code === 'livekit' ? 'refused' : outcome.code;
      return { type: 'start.refused', reason: { kind, message: outcome.message }, ...from };
    }
    case 'handler_failed':
      return { type: 'start.unknown', cancel: true, message: outcome.message, ...from };
    case 'unknown':
      return { type: 'start.unknown', cancel: false, message: outcome.message, ...from };
    case 'no_capacity':
      return undefined;
  }
}

/** The egress whose path contains the recording's uid: a running one before an ended one, then the newest. Pure. */
export function findOwn(uid: string, listed: readonly EgressObservation[]): EgressObservation | undefined {
  const own = listed.filter((egress) => uidOfPath(egress.requestedPath) === uid);
  return own.sort(
    (a, b) => Number(isTerminal(a.status)) - Number(isTerminal(b.status)) || compareNanos(b.updatedAt, a.updatedAt),
  )[0];
}
