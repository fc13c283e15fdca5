import type { RecordingDocument } from '../../src/machines/recording/recording.js';
import { decide } from '../../src/machines/reconcile/decide.js';
import { startDuty } from '../../src/machines/recording/effects/start-call.js';
import { definition } from '../machines/recording/build.js';
import type { Definition } from './documents.js';

/** Tally's rules, of which a planted fault replaces one. */
export interface Rules {
  definition: Definition;
  startDuty: typeof startDuty;
  decide: typeof decide;
  /** Whether a step is saved before its effects run. */
  commitsFirst: boolean;
}

export const RULES: Rules = { definition, startDuty, decide, commitsFirst: true };

/** Whether a stop, a failed start or a deletion demands the end of the egress. */
export function wantsItsEnd(document: RecordingDocument): boolean {
  return document.stopReason !== undefined || document.startFailed === true || document.deletedAt !== undefined;
}

/** Thrown when an event breaks an invariant. The search then fails at once, with the events that led to it. */
export class Violation extends Error {}
