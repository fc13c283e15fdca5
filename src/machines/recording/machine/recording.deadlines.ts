import { setup } from 'xstate';

import type { RecordingEvent } from '../events.js';
import type { RecordingContext } from '../recording.js';

/** Durations of the chart's deadlines, milliseconds. */
export interface RecordingTiming {
  /** From the start request until the egress must record. */
  startTimeoutMs: number;
  /** Time for the last query to LiveKit after that time. */
  confirmMs: number;
  /** From a stop until LiveKit must have shown ENDING; otherwise the egress is stopped again. */
  stopTimeoutMs: number;
  /** From ENDING until the file must have been delivered. */
  uploadBudgetMs: number;
  /** How long a deleted recording is kept as a tombstone. */
  tombstoneMs: number;
}

const { assign } = setup({ types: { context: {} as RecordingContext, events: {} as RecordingEvent } });

/** Deadline actions that throw, for the chart without durations. */
export const unarmedDeadlines = {
  armStartDeadline: assign(refuse),
  armConfirmDeadline: assign(refuse),
  armStopDeadline: assign(refuse),
  armUploadDeadline: assign(refuse),
};

/** The deadline actions with these durations, for `provide` of the machine. */
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
