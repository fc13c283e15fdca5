import { forEachId } from '../route/for-each-id.js';
import { presentRecordingDeletions } from '../rooms/deletions.presenter.js';
import { deleteRecordingsQuery } from './ids.js';
import type { RouteContext } from '../route/route-context.js';

/** A store takes about as many at a time. */
const AT_ONCE = 100;

export function deleteRecordings({ router, handle, deps: { recordings, log } }: RouteContext): void {
  router.delete(
    '/recordings',
    handle(
      { name: 'recordings.deleteMany', accepts: ['apiKey'], query: deleteRecordingsQuery, operation: 'deleting recordings' },
      async (ctx, { query: { recordingIds } }) => {
        const outcomes = await forEachId({
          ids: [...new Set(recordingIds)],
          atOnce: AT_ONCE,
          work: (recordingId) => recordings.delete(recordingId),
          operation: (recordingId) => `deleting recording '${recordingId}'`,
          log,
        });
        const { status, body } = presentRecordingDeletions(recordingIds, outcomes);
        ctx.status = status;
        ctx.body = body;
      },
    ),
  );
}
