import { randomBytes } from 'node:crypto';

import type { Clock } from '../../../clock.js';
import { toError } from '../../../errors.js';
import type { Log } from '../../../logging.js';
import { recordingStarted } from '../../../observability/events.js';
import type { Supervisor } from '../../kernel/supervisor.js';
import type { RoomGateway } from '../../ports/room-gateway.js';
import type { RoomLocks } from '../../ports/room-locks.js';
import { type RecordableRoom, type RoomDirectory, RoomNotFoundError } from '../../ports/rooms.js';
import { NoParticipantsError, RecordingAlreadyActiveError } from '../errors.js';
import type { RecordingEvent } from '../events.js';
import { newRecording } from '../machine/new-recording.js';
import type { RecordingStore } from '../recording-store.js';
import type { RecordingContext, RecordingDocument } from '../recording.js';
import { lockRoom } from './room-lock.js';
import { hasStartAnswer, repeatedAnswer, startAnswer } from './start-answer.js';

export interface StartRequest {
  /** As `recordableRoom` found it. */
  room: RecordableRoom;
  /** The client's own key: the same key is answered from the same recording. */
  idempotencyKey?: string;
  /** Answer as soon as the recording is stored, without waiting for it to record. */
  respondAsync?: boolean;
}

export interface StartOptions {
  supervisor: Pick<Supervisor<RecordingContext, RecordingEvent>, 'create' | 'send' | 'observe'>;
  store: Pick<RecordingStore, 'load' | 'findByStartKey'>;
  rooms: RoomDirectory;
  locks: Pick<RoomLocks, 'acquire' | 'replace' | 'release'>;
  livekit: Pick<RoomGateway, 'listParticipants'>;
  clock: Clock;
  log: Log;
  /** Names this process: it alone may call StartEgress for this start. */
  instance: string;
  /** From the start until the recording must record, milliseconds. */
  startTimeoutMs: number;
  /** How long LiveKit is asked once more after that, milliseconds. */
  confirmMs: number;
}

/** The deadline itself answers a start; this only bounds the wait when nothing can be committed any more. */
const ANSWER_MARGIN_MS = 10_000;

export async function startRecording(options: StartOptions, request: StartRequest): Promise<RecordingDocument> {
  const { store, locks, log } = options;
  const { room, respondAsync = false } = request;
  const repeated = { roomId: room.roomId, respondAsync };
  const startKey = request.idempotencyKey === undefined ? undefined : `idempotency:${request.idempotencyKey}`;
  const earlier = startKey === undefined ? undefined : await store.findByStartKey(startKey);
  if (earlier !== undefined) return repeatedAnswer(earlier, repeated);

  const uid = randomBytes(5).toString('hex');
  const lockValue = await lockRoom(options, room.roomId, uid);
  const result = await createRecord(options, { room, uid, lockValue, startKey });
  if (result.created) {
    recordingStarted(log, { recording: uid, room: room.roomId });
    return answer(options, result.document, request);
  }

  await locks.release(room.roomId, lockValue);
  // A start of the same key may have been first since we looked for it.
  const isSameStart = startKey !== undefined && result.conflict !== 'liveKey';
  const first = isSameStart ? await store.findByStartKey(startKey) : undefined;
  if (first === undefined) throw new RecordingAlreadyActiveError(room.roomId);
  return repeatedAnswer(first, repeated);
}

interface Claim {
  room: RecordableRoom;
  uid: string;
  lockValue: string;
  startKey: string | undefined;
}

/** Store the record of a start, with the claim on its call to LiveKit in the same write. */
async function createRecord(options: StartOptions, { room: { roomId, roomName }, uid, lockValue, startKey }: Claim) {
  const { supervisor, livekit, clock, instance } = options;
  try {
    await assertSomebodyIsThere(livekit, roomId);
    const recording = newRecording({
      uid,
      roomId,
      roomName,
      at: clock.now(),
      secret: () => randomBytes(16).toString('hex'),
      lockValue,
      claimant: instance,
      ...(startKey === undefined ? {} : { startKey }),
    });
    return await supervisor.create(uid, recording, 'rest');
  } catch (error) {
    await releaseUnlessRecorded(options, { roomId, uid, lockValue });
    throw error;
  }
}

async function assertSomebodyIsThere(livekit: StartOptions['livekit'], roomId: string): Promise<void> {
  const participants = await livekit.listParticipants(roomId);
  if (!participants.some(({ isEgress }) => !isEgress)) throw new NoParticipantsError(roomId);
}

/** A record that exists frees its lock itself. If the store cannot say whether it does, the lock goes with its short life. */
async function releaseUnlessRecorded(
  { store, locks, log }: StartOptions,
  { roomId, uid, lockValue }: { roomId: string; uid: string; lockValue: string },
): Promise<void> {
  try {
    if ((await store.load(uid)) === undefined) await locks.release(roomId, lockValue);
  } catch (error) {
    log.debug({ recording: uid, room: roomId, err: toError(error) }, 'lock of a failed start not released');
  }
}

async function answer(options: StartOptions, created: RecordingDocument, request: StartRequest): Promise<RecordingDocument> {
  const recorded = request.respondAsync === true ? created : recordedAnswer(options, created);
  // The deletion of a recording whose room is gone ends the start too: the client reads about the room.
  const [room, recording] = await Promise.allSettled([assertRoomIsLeft(options, created), recorded]);
  if (room.status === 'rejected') throw toError(room.reason);
  if (recording.status === 'rejected') throw toError(recording.reason);
  return recording.value;
}

async function recordedAnswer(options: StartOptions, created: RecordingDocument): Promise<RecordingDocument> {
  const waitMs = options.startTimeoutMs + options.confirmMs + ANSWER_MARGIN_MS;
  const decided = await options.supervisor.observe(created.uid, hasStartAnswer, waitMs, created);
  return startAnswer(decided, created.roomId);
}

/** The deletion of a room deletes the recordings that it finds; a record that was stored after that is deleted here. */
async function assertRoomIsLeft(
  { rooms, supervisor, clock }: StartOptions,
  { uid, roomId }: Pick<RecordingDocument, 'uid' | 'roomId'>,
): Promise<void> {
  if ((await rooms.find(roomId)) !== undefined) return;
  await supervisor.send(uid, { type: 'delete', at: clock.now(), source: 'room' });
  throw new RoomNotFoundError(roomId);
}
