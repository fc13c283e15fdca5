import { answerMedia } from './media/answer-media.js';
import { recordingParams } from './ids.js';
import { mediaHeaders } from './media/media-headers.js';
import { assertPlayable } from './preconditions.js';
import type { RouteContext } from '../route/route-context.js';

export function recordingMedia({ router, handle, deps: { recordings, media } }: RouteContext): void {
  router.get(
    '/recordings/:recordingId/media',
    handle(
      {
        name: 'recordings.media',
        accepts: ['apiKey'],
        params: recordingParams,
        headers: mediaHeaders,
        inputFirst: true,
        ahead: ({ params }) => recordings.get(params.recordingId),
        operation: ({ params }) => `streaming recording '${params.recordingId}'`,
      },
      async (ctx, { headers }, recording) => {
        assertPlayable(recording);
        await answerMedia(ctx, media, recording, headers);
      },
    ),
  );
}
