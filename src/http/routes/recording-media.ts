import { recordingIdOf } from '../../machines/recording/recording.js';
import type { RouteContext } from '../context.js';
import { requestedPart } from '../media/range.js';
import { sendFile } from '../media/send-file.js';
import { recordingParams } from '../schemas/ids.js';
import { mediaHeaders } from '../schemas/media.js';
import { assertFile, assertPlayable } from './preconditions.js';

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
        operation: ({ params }) => `streaming recording '${params.recordingId}'`,
      },
      async (ctx, { params, headers }) => {
        const recording = await recordings.get(params.recordingId);
        assertPlayable(recording);
        const file = assertFile(await media.stat(recording.mediaKey), recording);
        const range = requestedPart(headers, file, recordingIdOf(recording), ctx.method);
        await sendFile(ctx, media, { key: recording.mediaKey, file, range });
      },
    ),
  );
}
