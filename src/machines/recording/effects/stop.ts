import { LiveKitUnavailableError } from '../../../errors.js';
import type { StopOutcome } from '../../ports/egress-gateway.js';
import type { RecordingEvent } from '../events.js';
import { rises } from '../machine/observation.js';
import { observed, type RecordingEffectPorts, type RecordingEffectRun } from './handler.js';

/** Stops the egress of a recording that is to end. */
export async function stopEgress(
  { livekit, clock }: RecordingEffectPorts,
  { effect }: RecordingEffectRun,
): Promise<RecordingEvent | undefined> {
  const egressId = String(effect.params.egressId);
  const outcome = await livekit.stopEgress(egressId);
  switch (outcome.kind) {
    case 'stopping':
      return observed(outcome.egress, clock.now());
    case 'already_over': {
      const egress = await livekit.findEgress(egressId);
      return egress === undefined ? undefined : observed(egress, clock.now());
    }
    case 'not_found':
      return undefined;
    case 'no_answer':
      throw new LiveKitUnavailableError('nobody answered for the egress');
  }
}

/** Sends a stop to an egress that seems dead; LiveKit's answer proves whether it is. */
export async function confirmDeath(
  { livekit, clock }: RecordingEffectPorts,
  { document, effect }: RecordingEffectRun,
): Promise<RecordingEvent | undefined> {
  const egressId = String(effect.params.egressId);
  const outcome = await livekit.stopEgress(egressId);
  if (outcome.kind === 'no_answer') {
    // A stop may not reach a healthy worker: an egress that has progressed since the looks is not dead.
    const egress = await livekit.findEgress(egressId);
    if (egress !== undefined && rises(document, egress)) return observed(egress, clock.now());
  }
  const event = deathEvent(outcome, clock.now());
  if (event !== undefined) return event;
  const egress = await livekit.findEgress(egressId);
  return egress === undefined ? deathEvent({ kind: 'not_found' }, clock.now()) : observed(egress, clock.now());
}

/**
 * The event for the answer to such a stop: an answer disproves the death; no answer or an unknown id proves it. Pure.
 *
 * @returns undefined when the egress is over; its last snapshot then tells how it ended
 */
export function deathEvent(outcome: StopOutcome, at: number): RecordingEvent | undefined {
  switch (outcome.kind) {
    case 'stopping':
      return observed(outcome.egress, at);
    case 'not_found':
    case 'no_answer':
      return { type: 'egress.missing', cause: 'the egress worker is gone', at, source: 'effect' };
    case 'already_over':
      return undefined;
  }
}
