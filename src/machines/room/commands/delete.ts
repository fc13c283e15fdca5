import { roomDeleted } from '../../../observability/events.js';
import { RoomNotFoundError } from '../../ports/rooms.js';
import { RoomDeletionRefusedError } from '../errors.js';
import type { RoomEvent } from '../events.js';
import { planDeletion, type RoomDeletion } from '../machine/deletion.js';
import { type RoomDocument, roomStatusOf, type WithMeetingPolicy, type WithRecordingsPolicy } from '../room.js';
import { getRoom } from './get.js';
import type { RoomCommandOptions } from './options.js';

export interface DeletionPolicy {
  withMeeting: WithMeetingPolicy;
  withRecordings: WithRecordingsPolicy;
}

export interface DeletionResult {
  deletion: RoomDeletion;
  /** The room after the deletion, if the answer shows it. */
  room?: RoomDocument;
}

/** How long a deletion waits until the deletion of each of the room's recordings is stored, milliseconds. */
const RECORDINGS_ANSWER_MS = 5_000;

export async function deleteRoom(
  { supervisor, store, recorder, clock, log }: RoomCommandOptions,
  roomId: string,
  policy: DeletionPolicy,
): Promise<DeletionResult> {
  await getRoom(store, roomId);
  const hasRecordings = await recorder.hasRecordings(roomId);
  const event: RoomEvent = { type: 'delete', hasRecordings, ...policy, at: clock.now(), source: 'rest' };
  const sent = await supervisor.send(roomId, event);
  const status = sent === undefined ? undefined : roomStatusOf(sent.before);
  if (sent === undefined || status === undefined) throw new RoomNotFoundError(roomId);

  const plan = planDeletion({ hasMeeting: status === 'active_meeting', hasRecordings, ...policy });
  if ('refused' in plan) throw new RoomDeletionRefusedError(roomId, plan.refused);
  const { deletion, outcome, showsRoom } = plan;
  roomDeleted(log, { room: roomId, deletion });
  if (outcome === 'at_once' && hasRecordings) {
    await supervisor.observe(roomId, (room) => !owesRecordings(room), RECORDINGS_ANSWER_MS);
  }
  return { deletion, ...(showsRoom ? { room: sent.after } : {}) };
}

/** Whether the deletion of some of the room's recordings may not be stored yet. */
function owesRecordings({ tally }: RoomDocument): boolean {
  return tally.effects.some(({ name }) => name === 'deleteRecordings');
}
