import type { RecordingDocument } from '../../src/machines/recording/recording.js';
import { decide } from '../../src/machines/reconcile/decide.js';
import { startDuty } from '../../src/machines/recording/effects/start-call.js';
import { definition } from '../machines/recording/build.js';
import type { Definition } from './documents.js';

/** The product's rules; a planted fault replaces one of them. */
export interface Rules {
  definition: Definition;
  startDuty: typeof startDuty;
  decide: typeof decide;
  /** The step is saved before its effects run. */
  commitsFirst: boolean;
}

export const RULES: Rules = { definition, startDuty, decide, commitsFirst: true };

/** A client, a failed start or a deletion wants the egress to end. */
export function wantsItsEnd(document: RecordingDocument): boolean {
  return document.stopReason !== undefined || document.startFailed === true || document.deletedAt !== undefined;
}

/** Something of it is written down: it fails the search at once, with the events that lead to it. */
export class Violation extends Error {}
