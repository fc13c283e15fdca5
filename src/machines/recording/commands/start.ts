import { randomBytes } from 'node:crypto';

import { within } from '../../../clock.js';
import { toError } from '../../../errors.js';
import { recordingStarted } from '../../../observability/events.js';
import { type RecordableRoom, RoomNotFoundError } from '../../ports/rooms.js';
import { NoParticipantsError, RecordingAlreadyActiveError, StartTimedOutError } from '../errors.js';
import { newRecording, type NewRecording } from '../machine/new-recording.js';
import type { RecordingDocument } from '../recording.js';
import type { RecordingCommandOptions } from './options.js';
import { createRepeatedStart, type StartRequest } from './repeated-start.js';
import { heldForMs, lockRoom, type RoomTaken } from './room-lock.js';
import { awaitStartAnswer } from './start-answer.js';

/** Longer than the gateway's own limit of a call, milliseconds. */
const PARTICIPANTS_MS = 60_000;
/** Extra time that a start waits after its deadline, milliseconds; needed only if the store fails, else the deadline ends it. */
const ANSWER_MARGIN_MS = 10_000;

export async function startRecording(options: RecordingCommandOptions, request: StartRequest): Promise<RecordingDocument> {
  const repeated = createRepeatedStart(options, request);
  for (;;) {
    const earlier = await repeated.find();
    if (earlier !== undefined) return repeated.answer(earlier);
    const attempt = await attemptStart(options, request.room, repeated.keys);
    if ('recording' in attempt) return answer(options, attempt.recording, request);
    if (attempt.by === 'lock' ? await repeated.waitsFor(attempt.holder) : attempt.isOver) continue;
    // Another request with the same key may have stored its recording since the look above.
    const first = await repeated.find();
    if (first === undefined) throw new RecordingAlreadyActiveError(request.room.roomId, attempt.heldForMs);
    return repeated.answer(first);
  }
}

type Refusal = Pick<RoomTaken, 'heldForMs'> & ({ by: 'lock'; holder: RoomTaken['holder'] } | { by: 'store'; isOver: boolean });

/** Take the room's lock and store a recording, unless another recording or start has the room or the key. */
async function attemptStart(
  options: RecordingCommandOptions,
  { roomId, roomName }: RecordableRoom,
  keys: Pick<Claim, 'startKey' | 'startDigest'>,
): Promise<{ recording: RecordingDocument } | Refusal> {
  const { store, locks, clock, log } = options;
  const uid = randomBytes(5).toString('hex');
  const lock = await lockRoom(options, roomId, uid, keys.startKey);
  if (!lock.acquired) return { by: 'lock', holder: lock.holder, heldForMs: lock.heldForMs };
  const result = await createRecord(options, { uid, roomId, roomName, lockValue: lock.value, ...keys });
  if (result.created) {
    recordingStarted(log, { recording: uid, room: roomId });
    return { recording: result.document };
  }
  await locks.release(roomId, lock.value);
  const holder = await store.load(result.holder);
  // Between the two calls, the holder may have settled, or given the key back because its start failed.
  const isOver = holder !== undefined && holder.liveKey !== roomId && holder.startKey !== keys.startKey;
  return { by: 'store', isOver, heldForMs: holder && heldForMs(holder, clock.now()) };
}

type Claim = Pick<NewRecording, 'uid' | 'roomId' | 'roomName' | 'startKey' | 'startDigest'> & { lockValue: string };

/**
 * Store the recording of a start; the same write claims its StartEgress call for this instance.
 *
 * @throws StoppingError the process ends, and no recording will be stored
 */
async function createRecord(options: RecordingCommandOptions, claim: Claim) {
  const { supervisor, livekit, clock, instance, leaving } = options;
  try {
    const participants = await within(PARTICIPANTS_MS, clock, () => livekit.listParticipants(claim.roomId), leaving);
    if (!participants.some(({ isSomebody }) => isSomebody)) throw new NoParticipantsError(claim.roomId);
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

function recordedAnswer(options: RecordingCommandOptions, created: RecordingDocument): Promise<RecordingDocument> {
  const waitMs = options.startTimeoutMs + options.confirmMs + ANSWER_MARGIN_MS;
  return awaitStartAnswer(options, created, waitMs, new StartTimedOutError(created.roomId));
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
