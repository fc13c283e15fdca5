import { type ListedRecording, type RecordingStatus, statusOf } from '../../machines/recording/recording.js';
import { formatRecordingId } from '../../machines/recording/recording-id.js';

/** A recording as clients see it. What is unknown, zero or empty is absent. */
export interface RecordingView {
  recordingId: string;
  roomId: string;
  roomName: string;
  status: RecordingStatus;
  filename: string;
  startDate?: number;
  endDate?: number;
  duration?: number;
  size?: number;
  errorCode?: number;
  error?: string;
  details?: string;
}

/** End, duration and size are told once they are final. */
export function presentRecording(recording: ListedRecording): RecordingView {
  const status = statusOf(recording);
  const isOver = !['starting', 'active', 'ending'].includes(status);
  return {
    recordingId: formatRecordingId(recording),
    roomId: recording.roomId,
    roomName: recording.roomName,
    status,
    filename: recording.filename,
    ...known('startDate', recording.startDate),
    ...(isOver && known('endDate', recording.endDate)),
    ...(isOver && known('duration', recording.duration)),
    ...(isOver && known('size', recording.size)),
    ...known('errorCode', recording.errorCode),
    ...known('error', recording.error),
    ...known('details', recording.details),
  };
}

/** The answer to a stop tells the duration as far as LiveKit has told it. */
export function presentStopped(recording: ListedRecording): RecordingView {
  return { ...presentRecording(recording), ...known('duration', recording.duration) };
}

function known<Name extends string, Value extends number | string>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  return value ? ({ [name]: value } as Record<Name, Value>) : {};
}
