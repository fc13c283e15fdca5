import { pickFields } from '../presenters/page.presenter.js';
import { presentRecording } from '../presenters/recording.presenter.js';
import { recordingParams } from '../schemas/ids.js';
import { itemQuery } from '../schemas/lists.js';
import type { RouteContext } from './route-context.js';

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
