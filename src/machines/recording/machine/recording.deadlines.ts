import { setup } from 'xstate';

import type { RecordingEvent } from '../events.js';
import type { RecordingContext } from '../recording.js';

/** Durations the chart arms its deadlines with, milliseconds. */
export interface RecordingTiming {
  /** From the start until it must record. */
  startTimeoutMs: number;
  /** How long LiveKit is asked once more when that time is over. */
  confirmMs: number;
  /** From a stop until LiveKit must have shown ENDING; then it is stopped again. */
  stopTimeoutMs: number;
  /** From ENDING until the file must have been delivered. */
  uploadBudgetMs: number;
  /** How long a deleted recording is remembered. */
  tombstoneMs: number;
}

const { assign } = setup({ types: { context: {} as RecordingContext, events: {} as RecordingEvent } });

/** The deadlines of the chart while it has no durations. */
export const unarmedDeadlines = {
  armStartDeadline: assign(refuse),
  armConfirmDeadline: assign(refuse),
  armStopDeadline: assign(refuse),
  armUploadDeadline: assign(refuse),
};

/** The deadlines of the chart with these durations: for `provide`. */
export function recordingDeadlines(timing: RecordingTiming) {
  return {
    armStartDeadline: assign(({ context }) => arm(context, context.createdAt, timing.startTimeoutMs)),
    armConfirmDeadline: assign(({ context, event }) => arm(context, event.at, timing.confirmMs)),
    armStopDeadline: assign(({ context, event }) => arm(context, event.at, timing.stopTimeoutMs)),
    armUploadDeadline: assign(({ context, event }) =>
      context.endingSince !== undefined ? {} : { endingSince: event.at, ...arm(context, event.at, timing.uploadBudgetMs) },
    ),
  } satisfies typeof unarmedDeadlines;
}

function arm({ deadlineCount = 0 }: RecordingContext, from: number, afterMs: number) {
  const generation = deadlineCount + 1;
  return { deadline: { at: from + afterMs, generation }, deadlineCount: generation };
}

function refuse(): Partial<RecordingContext> {
  throw new Error('the durations of the chart are not provided');
}
