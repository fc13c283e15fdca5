import type { Capability } from '../route/capability.js';
import { deleteRecording } from './delete-recording.js';
import { deleteRecordings } from './delete-recordings.js';
import type { RecordingsDeps } from './deps.js';
import { recordingErrors } from './errors.js';
import { getRecording } from './get-recording.js';
import { listRecordings } from './list-recordings.js';
import { recordingMedia } from './recording-media.js';
import { startRecording } from './start-recording.js';
import { stopRecording } from './stop-recording.js';

const ROUTES = [startRecording, stopRecording, listRecordings, getRecording, recordingMedia, deleteRecording, deleteRecordings];

export function recordingsCapability(deps: RecordingsDeps): Capability {
  return { routes: ROUTES.map((route) => route(deps)), errors: recordingErrors };
}
