import { z } from 'zod';

import type { DeletionResult } from '../../machines/room/commands/commands.js';
import type { IdOutcome } from '../route/for-each-id.js';
import { deletionView, presentDeletion } from './deletion.presenter.js';

/** The outcomes of the deletion of many rooms. */
export const deletionsView = z.strictObject({
  message: z.string(),
  successful: z.array(deletionView.extend({ roomId: z.string() })),
  failed: z.array(z.strictObject({ roomId: z.string(), error: z.string(), message: z.string() })).exactOptional(),
});

/** The contract has no 202 for many rooms: a deletion that is yet to come counts as successful. */
export function presentDeletions(
  outcomes: readonly IdOutcome<DeletionResult>[],
  baseUrl: string,
): { status: 200 | 400; body: z.output<typeof deletionsView> } {
  const successful = outcomes.flatMap((outcome) =>
    'failure' in outcome ? [] : [{ roomId: outcome.id, ...presentDeletion(outcome.id, outcome.result, baseUrl).body }],
  );
  const failed = outcomes.flatMap((outcome) =>
    'failure' in outcome ? [{ roomId: outcome.id, error: outcome.failure.name, message: outcome.failure.message }] : [],
  );
  if (failed.length === 0) {
    return { status: 200, body: { message: 'All rooms successfully processed for deletion', successful } };
  }
  return { status: 400, body: { message: `${failed.length} room(s) failed to process while deleting`, successful, failed } };
}
