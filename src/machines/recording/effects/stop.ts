import { LiveKitUnavailableError } from '../../../errors.js';
import type { StopOutcome } from '../../ports/egress-gateway.js';
import type { RecordingEvent } from '../events.js';
import { rises } from '../machine/observation.js';
import { observed, type RecordingEffectPorts, type RecordingEffectRun } from './handler.js';

/** Stops an egress that is to end. */
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

/** Stops an egress to prove that it is dead. */
export async function confirmDeath(
  { livekit, clock }: RecordingEffectPorts,
  { document, effect }: RecordingEffectRun,
): Promise<RecordingEvent | undefined> {
  const egressId = String(effect.params.egressId);
  const outcome = await livekit.stopEgress(egressId);
  if (outcome.kind === 'no_answer') {
    // A stop can get lost on its way to a healthy worker: an egress that went on since the looks is not dead.
    const egress = await livekit.findEgress(egressId);
    if (egress !== undefined && rises(document, egress)) return observed(egress, clock.now());
  }
  const event = deathEvent(outcome, clock.now());
  if (event !== undefined) return event;
  const egress = await livekit.findEgress(egressId);
  return egress === undefined ? deathEvent({ kind: 'not_found' }, clock.now()) : observed(egress, clock.now());
}

/**
 * What the answer to a stop says about a death: an answer disproves it, silence or an unknown id proves it. Pure.
 *
 * @returns undefined when the egress is over, so that its last snapshot says how
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
