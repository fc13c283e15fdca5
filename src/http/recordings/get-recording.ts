import { pickFields } from '../route/page.presenter.js';
import { presentRecording } from './recording.presenter.js';
import { recordingParams } from './ids.js';
import { itemQuery } from '../route/pages.js';
import type { RouteContext } from '../route/route-context.js';

export function getRecording({ router, handle, deps: { recordings } }: RouteContext): void {
  router.get(
    '/recordings/:recordingId',
    handle(
      {
        name: 'recordings.get',
        accepts: ['apiKey'],
        params: recordingParams,
        query: itemQuery,
        inputFirst: true,
        ahead: ({ params }) => recordings.get(params.recordingId),
        operation: ({ params }) => `getting recording '${params.recordingId}'`,
      },
      async (ctx, { query }, recording) => {
        ctx.body = pickFields(presentRecording(recording), query.fields);
      },
    ),
  );
}
