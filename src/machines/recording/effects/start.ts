import { LiveKitUnavailableError } from '../../../errors.js';
import { NotYet } from '../../kernel/definition.js';
import { type EgressObservation, rankOf } from '../../ports/egress-gateway.js';
import type { RecordingEvent } from '../events.js';
import type { RecordingContext } from '../recording.js';
import { observed, type RecordingEffectPorts, type RecordingEffectRun } from './handler.js';
import { findOwn, LOOK_FOR_MS, startDuty, startEvent } from './start-call.js';

const LOOK_AGAIN_MS = 1_000;

export async function startEgress(ports: RecordingEffectPorts, run: RecordingEffectRun): Promise<RecordingEvent | undefined> {
  const { livekit, media, clock, instance } = ports;
  const { document, fresh, ageMs } = run;
  switch (startDuty(document, { instance, fresh, ageMs })) {
    case 'nothing':
      return undefined;
    case 'look':
      return findEgress(ports, run);
    case 'refuse':
      return refused('late', 'the start was not sent in time', clock.now());
    case 'call': {
      const filepath = media.egressPath(document.mediaKey);
      const outcome = await livekit.startRoomComposite({ roomName: document.roomId, filepath });
      if (outcome.kind !== 'no_capacity') return startEvent(outcome, clock.now());
      const egress = await lookOnce(livekit, document);
      return egress === undefined ? refused('capacity', outcome.message, clock.now()) : observed(egress, clock.now());
    }
  }
}

export async function findEgress(
  { livekit, clock }: RecordingEffectPorts,
  { document }: RecordingEffectRun,
): Promise<RecordingEvent | undefined> {
  if (document.egressId !== undefined) return undefined;
  const egress = await lookOnce(livekit, document);
  if (egress !== undefined) return observed(egress, clock.now());
  const leftMs = (document.calledAt ?? document.createdAt) + LOOK_FOR_MS - clock.now();
  if (leftMs > 0) throw new NotYet(Math.min(LOOK_AGAIN_MS, leftMs), 'the start call may still be taken');
  // `start.refused` and not `egress.missing`: a recording that knows its egress by now ignores the refusal.
  return refused('lost', 'LiveKit never took the start', clock.now());
}

/** Asks LiveKit once more before a start is undone. Without an answer in time, the egress counts as not recording. */
export async function confirmStart(
  { livekit, clock, confirmMs }: RecordingEffectPorts,
  { document, effect }: RecordingEffectRun,
): Promise<RecordingEvent> {
  const egress = await lookOnce(livekit, document, confirmMs).catch((error: unknown) => {
    if (error instanceof LiveKitUnavailableError) return undefined;
    throw error;
  });
  if (egress !== undefined && rankOf(egress.status) > 0) return observed(egress, clock.now());
  return { type: 'deadline.passed', generation: Number(effect.params.generation), at: clock.now(), source: 'effect' };
}

/** Reads the egress by its id or, while the id is unknown, by the recording's uid in its path. */
async function lookOnce(
  livekit: RecordingEffectPorts['livekit'],
  { uid, egressId, roomId }: RecordingContext,
  timeoutMs?: number,
): Promise<EgressObservation | undefined> {
  if (egressId !== undefined) return livekit.findEgress(egressId, timeoutMs);
  return findOwn(uid, await livekit.listEgress({ roomName: roomId }, timeoutMs));
}

function refused(kind: 'late' | 'capacity' | 'lost', message: string, at: number): RecordingEvent {
  return { type: 'start.refused', reason: { kind, message }, at, source: 'effect' };
}
