import { z } from 'zod';

import { RECORDING_STATUSES } from '../../machines/recording/recording.js';
import { definedOnly } from '../route/defined-only.js';
import { pickFields, presentPagination } from '../route/page.presenter.js';
import { presentRecording } from './recording.presenter.js';
import { roomIdSchema } from './ids.js';
import { listQuery, nameFilterSchema } from '../route/pages.js';
import type { RouteContext } from '../route/route-context.js';

const query = z.object({
  ...listQuery,
  roomId: roomIdSchema.optional(),
  roomName: nameFilterSchema.optional(),
  status: z.enum(RECORDING_STATUSES).optional(),
});

export function listRecordings({ router, handle, deps: { recordingStore } }: RouteContext): void {
  router.get(
    '/recordings',
    handle(
      { name: 'recordings.list', accepts: ['apiKey'], query, operation: 'getting recordings' },
      async (ctx, { query: { maxItems, nextPageToken, fields, ...filter } }) => {
        const page = await recordingStore.list(definedOnly(filter), maxItems, nextPageToken);
        ctx.body = {
          recordings: page.items.map((recording) => pickFields(presentRecording(recording), fields)),
          pagination: presentPagination(page, maxItems),
        };
      },
    ),
  );
}
