import type { RecordingContext, RecordingDocument } from '../../machines/recording/recording.js';
import { isDeleted, isUnsettled, statusOf } from '../../machines/recording/recording.js';
import { formatRecordingId } from '../../machines/recording/recording-id.js';
import { createMapper } from './mapper.js';

/** Lists show it: its egress is known and it is not deleted. */
export function isListed(document: RecordingDocument): boolean {
  return document.egressId !== undefined && !isDeleted(document);
}

/**
 * `status` is stored exactly while lists show the recording, so that an index which begins with it holds nothing else;
 * `tally.unsettled` is the uid until the outcome is known.
 */
export const recordingMapper = createMapper<RecordingContext>(
  { recordingId: formatRecordingId, status: (document) => (isListed(document) ? statusOf(document) : undefined) },
  { unsettled: (document, uid) => (isUnsettled(document) ? uid : undefined) },
);
