import type { RecordingContext, RecordingDocument } from '../../machines/recording/recording.js';
import { isDeleted, isUnsettled, statusOf } from '../../machines/recording/recording.js';
import { formatRecordingId } from '../../machines/recording/recording-id.js';
import { createMapper, foldedName } from './mapper.js';

/** Whether lists show the recording: its egress is known and the recording is not deleted. */
export function isListed(document: RecordingDocument): boolean {
  return document.egressId !== undefined && !isDeleted(document);
}

/**
 * `status` is stored only while lists show the recording, so an index that begins with `status` finds only listed recordings.
 * `tally.unsettled` is the uid until the outcome of the recording is known.
 */
export const recordingMapper = createMapper<RecordingContext>(
  { recordingId: formatRecordingId, status: (document) => (isListed(document) ? statusOf(document) : undefined) },
  { unsettled: (document, uid) => (isUnsettled(document) ? uid : undefined), name: foldedName },
);
