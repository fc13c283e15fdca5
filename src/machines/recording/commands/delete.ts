import { recordingDeleted } from '../../../observability/events.js';
import { RecordingNotFoundError, RecordingNotStoppedError } from '../errors.js';
import { formatRecordingId, parseRecordingId } from '../recording-id.js';
import { isUnsettled, type RecordingDocument } from '../recording.js';
import { isNamedBy } from './get.js';
import type { RecordingCommandOptions } from './options.js';

export async function deleteRecording({ supervisor, clock, log }: RecordingCommandOptions, recordingId: string): Promise<void> {
  const isRemovable = (recording: RecordingDocument) => isNamedBy(recordingId, recording) && !isUnsettled(recording);
  const uid = parseRecordingId(recordingId)?.uid ?? '';
  const sent = await supervisor.send(uid, { type: 'delete', at: clock.now(), source: 'rest' }, isRemovable);
  if (sent === undefined || !isNamedBy(recordingId, sent.before)) throw new RecordingNotFoundError(recordingId);
  if (!sent.changed) throw new RecordingNotStoppedError(formatRecordingId(sent.before));
  recordingDeleted(log, { recording: uid, room: sent.before.roomId });
}
