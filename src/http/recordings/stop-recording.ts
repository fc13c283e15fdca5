import { presentStopped } from './recording.presenter.js';
import { parseRecordingId } from '../../machines/recording/recording-id.js';
import { recordingParams } from './ids.js';
import { answerRecording } from './answer-recording.js';
import { assertRecordingEnabled } from './preconditions.js';
import type { RouteContext } from '../route/route-context.js';

export function stopRecording({ router, handle, deps: { recordings, rooms } }: RouteContext): void {
  router.post(
    '/recordings/:recordingId/stop',
    handle(
      {
        name: 'recordings.stop',
        accepts: ['apiKey'],
        params: recordingParams,
        operation: ({ params }) => `stopping recording '${params.recordingId}'`,
      },
      async (ctx, { params: { recordingId } }) => {
        assertRecordingEnabled(await rooms.get(parseRecordingId(recordingId)?.roomId ?? ''));
        answerRecording(ctx, 202, presentStopped(await recordings.stop(recordingId)));
      },
    ),
  );
}
