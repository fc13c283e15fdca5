import type { RouteContext } from '../context.js';
import { pickFields } from '../presenters/page.presenter.js';
import { presentRecording } from '../presenters/recording.presenter.js';
import { recordingParams } from '../schemas/ids.js';
import { itemQuery } from '../schemas/lists.js';

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
        operation: ({ params }) => `getting recording '${params.recordingId}'`,
      },
      async (ctx, { params, query }) => {
        ctx.body = pickFields(presentRecording(await recordings.get(params.recordingId)), query.fields);
      },
    ),
  );
}
