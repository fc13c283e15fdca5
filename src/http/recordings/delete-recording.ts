import { recordingParams } from './ids.js';
import type { RouteContext } from '../route/route-context.js';

export function deleteRecording({ router, handle, deps: { recordings } }: RouteContext): void {
  router.delete(
    '/recordings/:recordingId',
    handle(
      {
        name: 'recordings.delete',
        accepts: ['apiKey'],
        params: recordingParams,
        operation: ({ params }) => `deleting recording '${params.recordingId}'`,
      },
      async (ctx, { params: { recordingId } }) => {
        await recordings.delete(recordingId);
        ctx.body = { message: `Recording '${recordingId}' deleted successfully` };
      },
    ),
  );
}
