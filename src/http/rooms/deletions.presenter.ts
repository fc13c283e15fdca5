import type { DeletionResult } from '../../machines/room/commands/commands.js';
import type { IdOutcome } from '../route/for-each-id.js';
import { type DeletionView, presentDeletion } from './room.presenter.js';

export interface RecordingDeletionsView {
  message: string;
  deleted: string[];
  /** `error` is a message here, and a name where rooms are deleted. */
  failed?: { recordingId: string; error: string }[];
}

export interface RoomDeletionsView {
  message: string;
  successful: ({ roomId: string } & DeletionView)[];
  failed?: { roomId: string; error: string; message: string }[];
}

interface Answer<Body> {
  status: 200 | 400;
  body: Body;
}

/**
 * @param asked the ids as the client named them: one that failed is shown each time it was named
 * @param outcomes of each of them, once
 */
export function presentRecordingDeletions(
  asked: readonly string[],
  outcomes: readonly IdOutcome<void>[],
): Answer<RecordingDeletionsView> {
  const deleted = outcomes.flatMap((outcome) => ('failure' in outcome ? [] : [outcome.id]));
  const messages = new Map(outcomes.flatMap((outcome) => ('failure' in outcome ? [[outcome.id, outcome.failure.message]] : [])));
  const failed = asked.flatMap((recordingId) => {
    const error = messages.get(recordingId);
    return error === undefined ? [] : [{ recordingId, error }];
  });
  if (failed.length === 0) return { status: 200, body: { message: 'All recordings deleted successfully', deleted } };
  return { status: 400, body: { message: `${failed.length} recording(s) could not be deleted`, deleted, failed } };
}

/** What is still to happen counts as done: among many there is no 202. */
export function presentRoomDeletions(outcomes: readonly IdOutcome<DeletionResult>[], baseUrl: string): Answer<RoomDeletionsView> {
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
