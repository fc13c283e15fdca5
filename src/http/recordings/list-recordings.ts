import { z } from 'zod';

import { RECORDING_STATUSES } from '../../machines/recording/recording.js';
import { ok } from '../route/answers.js';
import { pickFields } from '../route/fields.js';
import { definedOnly, listQuery, nameFilterSchema, paginationSchema, presentPagination } from '../route/pages.js';
import { get } from '../route/route.js';
import { roomIdSchema } from '../rooms/ids.js';
import type { RecordingsDeps } from './deps.js';
import { presentRecording, recordingView } from './recording.presenter.js';

const query = z.object({
  ...listQuery,
  roomId: roomIdSchema.optional(),
  roomName: nameFilterSchema.optional(),
  status: z.enum(RECORDING_STATUSES).optional(),
});
const page = z.strictObject({ recordings: z.array(recordingView.partial()), pagination: paginationSchema });

export const listRecordings = ({ recordingStore }: RecordingsDeps) =>
  get('recordings.list', '/api/v1/recordings')
    .allows('apiKey')
    .reads({ query })
    .doing('getting recordings')
    .answers({ 200: page }, async ({ query: { maxItems, nextPageToken, fields, ...filter } }) => {
      const found = await recordingStore.list(definedOnly(filter), maxItems, nextPageToken);
      return ok({
        recordings: found.items.map((recording) => pickFields(presentRecording(recording), fields)),
        pagination: presentPagination(found, maxItems),
      });
    });
