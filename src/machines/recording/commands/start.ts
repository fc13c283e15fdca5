import { randomBytes } from 'node:crypto';

import { toError } from '../../../errors.js';
import { recordingStarted } from '../../../observability/events.js';
import { type RecordableRoom, RoomNotFoundError } from '../../ports/rooms.js';
import { NoParticipantsError, RecordingAlreadyActiveError } from '../errors.js';
import { newRecording, type NewRecording } from '../machine/new-recording.js';
import type { RecordingDocument } from '../recording.js';
import type { RecordingCommandOptions } from './options.js';
import { lockRoom } from './room-lock.js';
import { hasStartAnswer, repeatedAnswer, startAnswer } from './start-answer.js';

export interface StartRequest {
  /** The room as `recordableRoom` returned it. */
  room: RecordableRoom;
  /** The client's Idempotency-Key: requests with the same key are answered from the same recording. */
  idempotencyKey?: string;
  /** Answer as soon as the recording is stored, without waiting for it to record. */
  respondAsync?: boolean;
}

/** Extra time that a start waits after its deadline, milliseconds; needed only if the store fails, else the deadline ends it. */
const ANSWER_MARGIN_MS = 10_000;

export async function startRecording(options: RecordingCommandOptions, request: StartRequest): Promise<RecordingDocument> {
  const { store, locks, log } = options;
  const { roomId, roomName } = request.room;
  const startKey = request.idempotencyKey === undefined ? undefined : `idempotency:${request.idempotencyKey}`;
  const earlier = startKey === undefined ? undefined : await store.findByStartKey(startKey);
  if (earlier !== undefined) return repeatedAnswer(earlier, roomId, request.respondAsync);

  const uid = randomBytes(5).toString('hex');
  const lockValue = await lockRoom(options, roomId, uid);
  const result = await createRecord(options, { uid, roomId, roomName, lockValue, startKey });
  if (result.created) {
    recordingStarted(log, { recording: uid, room: roomId });
    return answer(options, result.document, request);
  }

  await locks.release(roomId, lockValue);
  // Another start with the same key may have been stored since the look-up above.
  const isSameStart = startKey !== undefined && result.conflict !== 'liveKey';
  const first = isSameStart ? await store.findByStartKey(startKey) : undefined;
  if (first === undefined) throw new RecordingAlreadyActiveError(roomId);
  return repeatedAnswer(first, roomId, request.respondAsync);
}

type Claim = Pick<NewRecording, 'uid' | 'roomId' | 'roomName' | 'startKey'> & { lockValue: string };

/** Store the recording of a start; the same write claims its StartEgress call for this instance. */
async function createRecord(options: RecordingCommandOptions, claim: Claim) {
  const { supervisor, livekit, clock, instance } = options;
  try {
    const participants = await livekit.listParticipants(claim.roomId);
    if (!participants.some(({ isEgress }) => !isEgress)) throw new NoParticipantsError(claim.roomId);
    const secret = () => randomBytes(16).toString('hex');
    return await supervisor.create(claim.uid, newRecording({ ...claim, at: clock.now(), secret, claimant: instance }), 'rest');
  } catch (error) {
    await releaseUnlessRecorded(options, claim);
    throw error;
  }
}

/** A stored recording releases its lock itself. If the store does not answer, the lock expires soon. */
async function releaseUnlessRecorded(
  { store, locks, log }: RecordingCommandOptions,
  { roomId, uid, lockValue }: Claim,
): Promise<void> {
  try {
    if ((await store.load(uid)) === undefined) await locks.release(roomId, lockValue);
  } catch (error) {
    log.debug({ recording: uid, room: roomId, err: toError(error) }, 'lock of a failed start not released');
  }
}

async function answer(
  options: RecordingCommandOptions,
  created: RecordingDocument,
  request: StartRequest,
): Promise<RecordingDocument> {
  const recorded = request.respondAsync === true ? created : recordedAnswer(options, created);
  // If the room is gone, its recording is deleted and the start fails, too: the client gets the error about the room.
  const [room, recording] = await Promise.allSettled([assertRoomIsLeft(options, created), recorded]);
  if (room.status === 'rejected') throw toError(room.reason);
  if (recording.status === 'rejected') throw toError(recording.reason);
  return recording.value;
}

async function recordedAnswer(options: RecordingCommandOptions, created: RecordingDocument): Promise<RecordingDocument> {
  const waitMs = options.startTimeoutMs + options.confirmMs + ANSWER_MARGIN_MS;
  const decided = await options.supervisor.observe(created.uid, hasStartAnswer, waitMs, created);
  return startAnswer(decided, created.roomId);
}

/** Deletes the recording if its room was deleted before the recording was stored: the room's deletion did not find it. */
async function assertRoomIsLeft(
  { rooms, supervisor, clock }: RecordingCommandOptions,
  { uid, roomId }: RecordingDocument,
): Promise<void> {
  if ((await rooms.find(roomId)) !== undefined) return;
  await supervisor.send(uid, { type: 'delete', at: clock.now(), source: 'room' });
  throw new RoomNotFoundError(roomId);
}
