import { RecordingDisabledError, RecordingNotStoppedError } from '../../machines/recording/errors.js';
import { formatRecordingId } from '../../machines/recording/recording-id.js';
import { statusOf, type RecordingDocument } from '../../machines/recording/recording.js';
import type { RoomContext } from '../../machines/room/room.js';

export function assertRecordingEnabled({ roomId, config }: RoomContext): void {
  if (!config.recording.enabled) throw new RecordingDisabledError(roomId);
}

/** Only a finished file plays; a failed or aborted recording may still get one. */
export function assertPlayable(recording: RecordingDocument): void {
  const plays = ['complete', 'limit_reached'].includes(statusOf(recording));
  if (!plays) throw new RecordingNotStoppedError(formatRecordingId(recording));
}
