import type { HttpContext } from '../route/context.js';
import type { RecordingView } from './recording.presenter.js';

/** Answer a command with its recording and the place where it can be read. */
export function answerRecording(ctx: HttpContext, status: 201 | 202, recording: RecordingView): void {
  ctx.state.recordingId = recording.recordingId;
  ctx.status = status;
  ctx.set('Location', `${ctx.state.baseUrl}/api/v1/recordings/${recording.recordingId}`);
  ctx.body = recording;
}
