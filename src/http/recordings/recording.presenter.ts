import { z } from 'zod';

import { type ListedRecording, RECORDING_STATUSES, statusOf } from '../../machines/recording/recording.js';
import { formatRecordingId } from '../../machines/recording/recording-id.js';

/** A recording as clients see it. Members that are unknown, zero or empty are left out. */
export const recordingView = z.strictObject({
  recordingId: z.string(),
  roomId: z.string(),
  roomName: z.string(),
  status: z.enum(RECORDING_STATUSES),
  filename: z.string(),
  startDate: z.number().exactOptional(),
  endDate: z.number().exactOptional(),
  duration: z.number().exactOptional(),
  size: z.number().exactOptional(),
  errorCode: z.number().exactOptional(),
  error: z.string().exactOptional(),
  details: z.string().exactOptional(),
});
export type RecordingView = z.output<typeof recordingView>;

/** End, duration and size are shown once they are final. */
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

/** The answer to a stop shows the duration that LiveKit has reported so far. */
export function presentStopped(recording: ListedRecording): RecordingView {
  return { ...presentRecording(recording), ...known('duration', recording.duration) };
}

/** The URL of a recording. */
export function locationOf({ recordingId }: RecordingView, baseUrl: string): string {
  return `${baseUrl}/api/v1/recordings/${recordingId}`;
}

function known<Name extends string, Value extends number | string>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  return value ? ({ [name]: value } as Record<Name, Value>) : {};
}
