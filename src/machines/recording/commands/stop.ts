import { recordingStopped } from '../../../observability/events.js';
import { RecordingAlreadyStoppedError, RecordingNotFoundError, RecordingStillStartingError } from '../errors.js';
import { formatRecordingId } from '../recording-id.js';
import { isDeleted, type RecordingDocument, topStateOf } from '../recording.js';
import { getRecording } from './get.js';
import type { RecordingCommandOptions } from './options.js';

/** How long a stop waits for LiveKit's answer, which carries the duration, milliseconds. */
const STOP_ANSWER_MS = 5_000;

export async function stopRecording(
  { supervisor, store, clock, log }: RecordingCommandOptions,
  recordingId: string,
): Promise<RecordingDocument> {
  const { uid, roomId } = await getRecording(store, recordingId);
  const sent = await supervisor.send(uid, { type: 'stop', reason: 'request', at: clock.now(), source: 'rest' });
  if (sent === undefined || isDeleted(sent.before)) throw new RecordingNotFoundError(recordingId);
  switch (topStateOf(sent.before)) {
    case 'active':
      recordingStopped(log, { recording: uid, room: roomId });
      return (await supervisor.observe(uid, hasStopAnswer, STOP_ANSWER_MS, sent.after)) ?? sent.after;
    case 'starting':
      throw new RecordingStillStartingError(formatRecordingId(sent.before));
    default:
      throw new RecordingAlreadyStoppedError(formatRecordingId(sent.before));
  }
}

/** Whether LiveKit has answered the stop, or the recording is no longer stopping. */
function hasStopAnswer(recording: RecordingDocument): boolean {
  if (topStateOf(recording) !== 'stopping') return true;
  return recording.duration !== undefined || !recording.tally.effects.some(({ name }) => name === 'stopEgress');
}
