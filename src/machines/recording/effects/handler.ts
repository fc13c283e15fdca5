import type { EffectHandler, EffectRun } from '../../kernel/definition.js';
import type { EgressObservation } from '../../ports/egress-gateway.js';
import type { EgressObserved, RecordingEvent } from '../events.js';
import type { RecordingContext } from '../recording.js';

export type RecordingEffectRun = EffectRun<RecordingContext>;
/** Does one effect of a recording. */
export type RecordingEffectHandler = EffectHandler<RecordingContext, RecordingEvent>;

/** What LiveKit answered an effect about the egress. */
export function observed(egress: EgressObservation, at: number): EgressObserved {
  return { type: 'egress.observed', egress, at, source: 'effect' };
}
