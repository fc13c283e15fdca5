import { compareNanos, type EgressObservation, isTerminal, type StartOutcome } from '../../ports/egress-gateway.js';
import type { RecordingEvent } from '../events.js';
import { uidOfPath } from '../media-key.js';
import type { RecordingContext } from '../recording.js';
import { observed } from './handler.js';

/** The claimant calls StartEgress at most this long after its claim, by the monotonic clock; after that it never does. */
export const CLAIM_MS = 2_000;
/** An instance that did not call looks for the egress until this long after the claim: by then any call has been answered. */
export const LOOK_FOR_MS = 35_000;

/** `call`: this process holds the claim and has not called yet. */
export type StartDuty = 'call' | 'refuse' | 'look' | 'nothing';

/** Who may call StartEgress: the claimant, once, in time. Everyone else, and the claimant after a crash, looks. Pure. */
export function startDuty(
  recording: Pick<RecordingContext, 'calledBy' | 'egressId'>,
  run: { instance: string; fresh: boolean; ageMs: number },
): StartDuty {
  if (run.fresh && recording.calledBy === run.instance) return run.ageMs <= CLAIM_MS ? 'call' : 'refuse';
  return recording.egressId === undefined ? 'look' : 'nothing';
}

/** What the answer to StartEgress means to the recording; undefined for "no capacity", which takes one look first. Pure. */
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

/** The egress that carries this recording's uid in its path: a running one before an ended one, then the newest. Pure. */
export function findOwn(uid: string, listed: readonly EgressObservation[]): EgressObservation | undefined {
  const own = listed.filter((egress) => uidOfPath(egress.requestedPath) === uid);
  return own.sort(
    (a, b) => Number(isTerminal(a.status)) - Number(isTerminal(b.status)) || compareNanos(b.updatedAt, a.updatedAt),
  )[0];
}
