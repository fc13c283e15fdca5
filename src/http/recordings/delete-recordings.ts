import { z } from 'zod';

import { forEachId, type IdOutcome } from '../route/for-each-id.js';
import { del } from '../route/route.js';
import type { RecordingsDeps } from './deps.js';
import { deleteRecordingsQuery } from './ids.js';

/** About as many deletions as a store can do at a time. */
const AT_ONCE = 100;

const deletionsView = z.strictObject({
  message: z.string(),
  deleted: z.array(z.string()),
  /** In this answer `error` is a message; in the answer to a deletion of rooms it is a name. */
  failed: z.array(z.strictObject({ recordingId: z.string(), error: z.string() })).exactOptional(),
});

export const deleteRecordings = ({ recordings, log }: RecordingsDeps) =>
  del('recordings.deleteMany', '/api/v1/recordings')
    .allows('apiKey')
    .reads({ query: deleteRecordingsQuery })
    .doing('deleting recordings')
    .answers({ 200: deletionsView, 400: deletionsView }, async ({ query: { recordingIds } }, { state: { explain } }) => {
      const outcomes = await forEachId({
        ids: [...new Set(recordingIds)],
        atOnce: AT_ONCE,
        work: (recordingId) => recordings.delete(recordingId),
        operation: (recordingId) => `deleting recording '${recordingId}'`,
        explain,
        log,
      });
      return presentDeletions(recordingIds, outcomes);
    });

/**
 * @param asked the ids in the client's list; an id that failed appears in the answer as often as in the list
 * @param outcomes one per distinct id
 */
function presentDeletions(
  asked: readonly string[],
  outcomes: readonly IdOutcome<void>[],
): { status: 200 | 400; body: z.output<typeof deletionsView> } {
  const deleted = outcomes.flatMap((outcome) => ('failure' in outcome ? [] : [outcome.id]));
  const messages = new Map(outcomes.flatMap((outcome) => ('failure' in outcome ? [[outcome.id, outcome.failure.message]] : [])));
  const failed = asked.flatMap((recordingId) => {
    const error = messages.get(recordingId);
    return error === undefined ? [] : [{ recordingId, error }];
  });
  if (failed.length === 0) return { status: 200, body: { message: 'All recordings deleted successfully', deleted } };
  return { status: 400, body: { message: `${failed.length} recording(s) could not be deleted`, deleted, failed } };
}
